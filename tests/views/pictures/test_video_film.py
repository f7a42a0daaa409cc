import io
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageSequence

from aeexplorer.data.dataset import Field
from aeexplorer.views.pictures.video_film import GUTTER, video_gif


def test_videos_play_side_by_side_in_step() -> None:
    field = Field("video", "video", (3, 4, 10, 12), "uint8", {}, Path())
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (2, 3, 4, 1, 1), np.uint8)
    samples = np.broadcast_to(colours, (2, 3, 4, 10, 12))
    content = video_gif(field, list(samples), 40)
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("GIF", (2 * 36 + GUTTER, 30))
    shown = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(picture)]
    assert len(shown) == 4
    for i, frame in enumerate(shown):
        np.testing.assert_allclose(frame[15, 5], samples[0, :, i, 0, 0], atol=3)
        np.testing.assert_allclose(frame[15, 60], samples[1, :, i, 0, 0], atol=3)
    with av.open(io.BytesIO(content)) as played:
        assert len(list(played.decode(video=0))) == 4


def test_grey_videos_of_floats_are_encoded() -> None:
    field = Field("video", "video", (1, 2, 8, 8), "float32", {}, Path())
    sample = np.zeros((1, 2, 8, 8), np.float32)
    sample[0, 1] = 1
    dark, light = ImageSequence.all_frames(Image.open(io.BytesIO(video_gif(field, [sample], 8))))
    assert (np.asarray(dark.convert("RGB")) == 0).all()
    assert (np.asarray(light.convert("RGB")) == 255).all()
