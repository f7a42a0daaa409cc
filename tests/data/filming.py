"""Videos for the tests, encoded by PyAV and Pillow."""

import io
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

CONTAINERS = {"mp4": ("libx264", "yuv420p"), "webm": ("libvpx-vp9", "yuv420p"), "mov": ("mpeg4", "yuv420p")}


def moving_bar(
    frames: int = 12, width: int = 64, height: int = 48, start: int = 0, colour: tuple[int, ...] = (255, 255, 255)
) -> np.ndarray:
    """Draw a bar of 16 pixels that moves by 4 pixels per frame: uint8 ``(frames, height, width, 3)``."""
    film = np.zeros((frames, height, width, 3), np.uint8)
    for i in range(frames):
        film[i, :, np.arange(start + 4 * i, start + 4 * i + 16) % width] = colour
    return film


def encoded(film: np.ndarray, container: str = "mp4", *, start: bool = False, rate: int | Fraction = 10) -> bytes:
    """Encode a video. `start` puts the index of an MP4 before its frames."""
    codec, kind = CONTAINERS[container]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film.{container}"
        with av.open(str(path), "w", options={"movflags": "+faststart"} if start else {}) as out:
            stream = out.add_stream(codec, rate=rate)
            stream.width, stream.height, stream.pix_fmt = film.shape[2], film.shape[1], kind
            for pixels in film:
                out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=kind)))
            out.mux(stream.encode())
        return path.read_bytes()


def gif(film: np.ndarray, **save: object) -> bytes:
    """Encode an animated GIF with Pillow."""
    out = io.BytesIO()
    first, *rest = [Image.fromarray(pixels) for pixels in film]
    first.save(out, "GIF", save_all=True, append_images=rest, duration=100, loop=0, **save)
    return out.getvalue()
