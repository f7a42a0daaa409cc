"""Animations can be read by independent decoders, and have all frames in order."""

from io import BytesIO

import av
import numpy as np
import pytest
from PIL import Image

from aeexplorer.views.pictures.animations import gif, mp4

FILM = np.zeros((9, 33, 51, 3), np.uint8)
FILM[np.arange(9), :, np.arange(9) * 5 + 3] = 255


def test_a_gif_has_every_frame_even_if_frames_are_equal() -> None:
    film = FILM.copy()
    film[4] = film[5] = film[3]
    content = gif(film, 80)
    with av.open(BytesIO(content)) as container:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
    assert frames.shape == film.shape
    assert np.abs(frames[:3].astype(int) - film[:3]).max() <= 8
    assert Image.open(BytesIO(content)).info["loop"] == 0


def test_frames_have_their_durations() -> None:
    image = Image.open(BytesIO(gif(FILM, [600, *[70] * 7, 600])))
    durations = []
    for i in range(image.n_frames):
        image.seek(i)
        durations.append(image.info["duration"])
    assert durations == [600, *[70] * 7, 600]


@pytest.mark.parametrize("shape", [(33, 51), (32, 50), (1, 2)])
def test_an_mp4_of_odd_size_has_every_frame(shape: tuple[int, int]) -> None:
    film = FILM[:, : shape[0], : shape[1]]
    with av.open(BytesIO(mp4(film, 15))) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 15
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(frames) == 9
    assert frames[0].shape[:2] == (shape[0] + shape[0] % 2, shape[1] + shape[1] % 2)
    if shape[1] > 10:
        assert [int(frame[5, :, 0].argmax()) for frame in frames] == pytest.approx(np.arange(9) * 5 + 3, abs=1)
