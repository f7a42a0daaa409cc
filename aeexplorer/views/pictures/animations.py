"""Animations of pictures, as GIF or MP4."""

import io
from collections.abc import Sequence
from itertools import pairwise

import av
import numpy as np
from PIL import Image

CODECS = ("libx264", "mpeg4")
"""Codecs in order of preference. The first one that PyAV was built with is used; mpeg4 is always available."""
PALETTE_FRAMES = 16
"""Frames from which the palette of a GIF is computed."""


def gif(pictures: np.ndarray, milliseconds: int | Sequence[int]) -> bytes:
    """Encode pictures as an animated GIF that repeats.

    Parameters
    ----------
    pictures
        Frames, uint8 ``(frames, h, w, 3)``.
    milliseconds
        Duration of each frame, or one duration for all frames.

    Returns
    -------
    bytes
        The GIF file. All frames share one palette.
    """
    sampled = pictures[np.unique(np.linspace(0, len(pictures) - 1, PALETTE_FRAMES).astype(int))]
    palette = Image.fromarray(np.concatenate(list(sampled))).quantize(256, dither=Image.Dither.NONE)
    first, *others = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE) for picture in np.ascontiguousarray(pictures)
    ]
    _make_distinct([first, *others])
    durations = milliseconds if isinstance(milliseconds, int) else list(milliseconds)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=durations, loop=0, optimize=False)
    return out.getvalue()


def mp4(pictures: np.ndarray, rate: int) -> bytes:
    """Encode pictures as an MP4 that every player can play.

    Parameters
    ----------
    pictures
        Frames, uint8 ``(frames, h, w, 3)``. If the height or width is odd, the last row or column is doubled.
    rate
        Frames per second.

    Returns
    -------
    bytes
        The MP4 file.
    """
    even = np.pad(pictures, ((0, 0), (0, pictures.shape[1] % 2), (0, pictures.shape[2] % 2), (0, 0)), "edge")
    codec = next(name for name in CODECS if name in av.codecs_available)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = even.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in np.ascontiguousarray(even):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def _make_distinct(frames: list[Image.Image]) -> None:
    """Change the last pixel of frames that equal the previous frame, because Pillow would merge equal frames."""
    for before, frame in pairwise(frames):
        if frame.tobytes() == before.tobytes():
            corner = frame.width - 1, frame.height - 1
            value = frame.getpixel(corner)
            assert isinstance(value, int)
            frame.putpixel(corner, value + 1 if value < 255 else 254)
