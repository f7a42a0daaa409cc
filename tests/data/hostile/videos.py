"""Videos that are unreadable, cut off, without frames, or too large by their headers."""

import struct
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.filming import encoded, gif, moving_bar
from tests.data.hostile import Case, refused
from tests.data.making import pictures, zipped

SMALL = IngestOptions().replace({"video.frames": 4, "video.size": 16})


def films(kind: str, n: int = 5) -> dict[str, bytes]:
    """Return small videos that differ."""
    return {
        f"{i}.{kind}": (gif if kind == "gif" else lambda film: encoded(film, kind))(moving_bar(6, 32, 32, 5 * i))
        for i in range(n)
    }


GOOD = {kind: films(kind) for kind in ("mp4", "webm", "gif")}


def among(name: str, content: bytes) -> bytes:
    """Pack valid videos and this file into a zip."""
    return zipped(films("gif") | {name: content}, 0)


def without_frames() -> bytes:
    """Write an MP4 with a video track without frames."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
            out.start_encoding()
        return path.read_bytes()


def sound() -> bytes:
    """Write an MP4 with sound only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sound.mp4"
        with av.open(str(path), "w") as out:
            stream = out.add_stream("aac", rate=16_000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
            frame.rate, frame.time_base = 16_000, Fraction(1, 16_000)
            out.mux(stream.encode(frame))
            out.mux(stream.encode())
        return path.read_bytes()


def huge() -> bytes:
    """Write a GIF whose header declares 65,535 pixels a side."""
    content = gif(moving_bar(6, 32, 32))
    return content[:6] + struct.pack("<HH", 65535, 65535) + content[10:]


def check_sizes(dataset: Dataset) -> None:
    assert dataset.main_field.shape == (1, 4, 16, 16)
    assert any("6 of 6 videos: scaled to 16 × 16 pixels" in note for note in dataset.notes)


def check_alone(dataset: Dataset) -> None:
    assert dataset.main_field.modality == "image"


UNREADABLE = "not a readable video"
CASES = {
    "text under a video name": refused("z.zip", lambda: among("a.mp4", b"this is no film, it is a text"), "a.mp4", UNREADABLE),
    "page under a video name": refused(
        "z.zip", lambda: among("a.webm", b"<html><script>x</script></html>"), "a.webm", UNREADABLE
    ),
    "playlist under a video name": refused(
        "z.zip", lambda: among("a.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"), "a.mp4", UNREADABLE
    ),
    "half an mp4": refused("z.zip", lambda: among("a.mp4", encoded(moving_bar())[:900]), "a.mp4", "cut off"),
    "half an mp4, its index first": refused(
        "z.zip",
        lambda: among("a.mp4", encoded(moving_bar(), start=True)[:-400]),
        "a.mp4",
        "the video is damaged",
    ),
    "half a mov, its index first": refused(
        "z.zip",
        lambda: among("a.mov", encoded(moving_bar(30), "mov", start=True)[:-600]),
        "a.mov",
        "of its 30 frames",
        "Copy the file again",
    ),
    "half a webm": refused("z.zip", lambda: among("a.webm", encoded(moving_bar(), "webm")[:450]), "a.webm", "frame"),
    "half a gif": refused("z.zip", lambda: among("a.gif", gif(moving_bar())[:60]), "a.gif", "", "Save it"),
    "no frames": refused("z.zip", lambda: among("a.mp4", without_frames()), "a.mp4", ""),
    "sound alone": refused("z.zip", lambda: among("a.mp4", sound()), "a.mp4", "the video has no pictures"),
    "a single frame": refused("z.zip", lambda: among("a.mp4", encoded(moving_bar(1))), "a.mp4", "single frame"),
    "a length of hours": refused(
        "z.zip",
        lambda: among("a.mp4", encoded(moving_bar(6, 32, 32), rate=Fraction(1, 3600))),
        "a.mp4",
        "the video lasts",
        "Cut it",
    ),
    "absurd dimensions": refused("z.zip", lambda: among("a.gif", huge()), "a.gif", "no pixels, or more than a video can have"),
    "a bomb": refused(
        "z.zip", lambda: among("a.mov", encoded(np.zeros((2, 4160, 4160, 3), np.uint8), "mov")), "a.mov", "more than 16,777,216"
    ),
    "videos and pictures": Case(lambda: films("mp4") | pictures(5), "", "several kinds", "Upload one kind", file="0.mp4"),
    "one video": Case(lambda: films("mp4", 1), reason="it holds 1 sample"),
    "all alike": Case(lambda: {f"{i}.gif": gif(moving_bar(4, 32, 16)) for i in range(5)}, reason="all videos are identical"),
    "mixed sizes": Case(
        lambda: {f"{i}.gif": gif(moving_bar(5, 16 + 7 * i, 40 - 3 * i, 2 * i)) for i in range(1, 7)},
        options=SMALL,
        converted=check_sizes,
    ),
    "gifs, one of them still": Case(
        lambda: films("gif") | {"still.gif": gif(moving_bar(1, 32, 32, 16))}, options=SMALL, converted=check_alone
    ),
}
