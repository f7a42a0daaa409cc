"""Pictures one after another, as an animated GIF or as an MP4."""

import io
from collections.abc import Sequence
from itertools import pairwise

import av
import numpy as np
from PIL import Image

CODECS = ("libx264", "mpeg4")
"""The first that PyAV was built with; mpeg4 is always there."""
SAMPLED = 16
"""Frames that the palette of a GIF is chosen from."""


def gif(pictures: np.ndarray, milliseconds: int | Sequence[int]) -> bytes:
    """uint8 ``(frames, h, w, 3)`` → an animated GIF that repeats; how long each frame lasts, all alike or one by one."""
    chosen = pictures[np.unique(np.linspace(0, len(pictures) - 1, SAMPLED).astype(int))]
    palette = Image.fromarray(np.concatenate(list(chosen))).quantize(256, dither=Image.Dither.NONE)
    first, *others = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE) for picture in np.ascontiguousarray(pictures)
    ]
    _keep_apart([first, *others])
    lasting = milliseconds if isinstance(milliseconds, int) else list(milliseconds)
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=lasting, loop=0, optimize=False)
    return out.getvalue()


def mp4(pictures: np.ndarray, rate: int) -> bytes:
    """uint8 ``(frames, h, w, 3)``, so many a second → an MP4 that every player takes; an odd row or column is doubled."""
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


def _keep_apart(frames: list[Image.Image]) -> None:
    """Pillow makes equal frames one: a last pixel of another index of the palette keeps each a frame of its own."""
    for before, frame in pairwise(frames):
        if frame.tobytes() == before.tobytes():
            corner = frame.width - 1, frame.height - 1
            value = frame.getpixel(corner)
            assert isinstance(value, int)
            frame.putpixel(corner, value + 1 if value < 255 else 254)
