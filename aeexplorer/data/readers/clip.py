"""One video file → so many frames of one size: limits before decoding, evenly chosen frames, upright, without transparency."""

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NoReturn

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from aeexplorer.data.uploads.members import Member

READERS = {"mp4": "mov", "webm": "matroska", "gif": "gif"}
"""FFmpeg's reader of each kind of member. No other is ever asked, least of all those of playlists, which open further files."""
CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores", "gif"})
MAX_FILE = 512 << 20
MAX_PIXELS = 1 << 24  # of a frame
MAX_FRAMES = 20_000
MAX_SECONDS = 900
_DAMAGED = (FFmpegError, ValueError, IndexError, EOFError, OSError, OverflowError)
_WHOLE = 0.9  # share of the stated frames that must be there

av.logging.set_level(av.logging.PANIC)


@contextmanager
def opened(member: Member) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The video and its first stream of pictures, nothing decoded yet; refused when it is no video or over a limit."""
    if member.kind not in READERS:
        raise member.rejected("it is not a readable video", "Save it anew as MP4, WebM or GIF")
    content = io.BytesIO(member.read(MAX_FILE))
    try:
        container = av.open(content, "r", READERS[member.kind], metadata_errors="ignore", io_open=_nothing_else)
    except _DAMAGED:
        raise member.rejected("it is not a readable video, or cut off", "Save it anew as MP4, WebM or GIF") from None
    with container:
        if not container.streams.video:
            raise member.rejected("it has no pictures", "Give a video with pictures; sounds go by themselves")
        stream = container.streams.video[0]
        _check(member, container, stream)
        stream.thread_type = "NONE"
        yield container, stream


def _nothing_else(*_: object) -> NoReturn:
    raise PermissionError("a video names no other file")


def _check(member: Member, container: InputContainer, stream: VideoStream) -> None:
    about = stream.codec_context
    if about is None or about.codec.canonical_name not in CODECS:
        kind = "of an unknown kind" if about is None else f"packed as {about.codec.canonical_name}"
        raise member.rejected(f"its pictures are {kind}", "Save it as H.264, VP9 or GIF")
    _check_pixels(member, about.width, about.height)
    seconds = (container.duration or 0) / av.time_base
    if seconds > MAX_SECONDS or stream.frames > MAX_FRAMES:
        reason = f"it lasts {seconds:,.0f} seconds ({stream.frames:,} frames), more than {MAX_SECONDS:,} ({MAX_FRAMES:,})"
        raise member.rejected(reason, "Cut it into shorter ones, each a sample")


def _check_pixels(member: Member, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise member.rejected(f"it has {width:,} × {height:,} pixels, more than {MAX_PIXELS:,}", "Make it smaller")
    if width * height <= 0:
        raise member.rejected("it has no pixels, or more than can be", "Remove it")


class Clipper:
    """Brings videos to one length and size, and counts what it converts.

    Parameters
    ----------
    frames, side
        Of the result; frames are square.
    fit
        ``crop`` or ``letterbox``.
    """

    def __init__(self, frames: int, side: int, fit: Literal["crop", "letterbox"]) -> None:
        self.frames, self.side, self.fit = frames, side, fit
        self.reset()

    def reset(self) -> None:
        """Start counting anew."""
        self.counts: Counter[str] = Counter()

    def clip(self, member: Member) -> np.ndarray:
        """uint8 ``(frames, side, side, 3)``."""
        with opened(member) as (container, stream):
            try:
                kept, count, shown = self._decoded(member, container, stream)
            except MemoryError:
                raise
            except _DAMAGED as error:
                raise member.rejected(
                    f"it is damaged ({getattr(error, 'strerror', None) or error})", "Save it anew, or remove it"
                ) from None
            if count == 0:
                raise member.rejected("it has no frames, or none that can be read", "Save it anew, or remove it")
            if count < _WHOLE * stream.frames:
                raise member.rejected(f"{count:,} of its {stream.frames:,} frames are there", "It is cut off: copy it anew")
            if count == 1:
                raise member.rejected("it has a single frame", "Give videos of two frames or more, or pictures")
            seconds = (container.duration or 0) / av.time_base
        if not stream.frames and shown < _WHOLE * seconds - 1:
            self.counts["shorter than they state, what is there was taken"] += 1
        if count < self.frames:
            self.counts[f"of fewer than {self.frames} frames, some are repeated"] += 1
        return np.stack([kept[place] for place in np.linspace(0, len(kept) - 1, self.frames).round().astype(int)])

    def _decoded(self, member: Member, container: InputContainer, stream: VideoStream) -> tuple[list[np.ndarray], int, float]:
        """Evenly spaced frames (all of them where they are few), their true number, and the time of the last in seconds.

        Of a long video every second, fourth, … frame is kept, so that never more than a few times those wanted are held.
        """
        kept: list[np.ndarray] = []
        stride, count, shown = 1, 0, 0.0
        marks: set[str] = set()
        for frame in container.decode(stream):
            _check_pixels(member, frame.width, frame.height)
            if count % stride == 0:
                kept.append(self._fitted(frame, marks))
            count += 1
            shown = frame.time or shown
            if count > MAX_FRAMES:
                raise member.rejected(f"it has more than {MAX_FRAMES:,} frames", "Cut it into shorter ones, each a sample")
            if len(kept) > 16 * self.frames:
                kept, stride = kept[::2], 2 * stride
        self.counts.update(marks)
        return kept, count, shown

    def _fitted(self, frame: VideoFrame, marks: set[str]) -> np.ndarray:
        """uint8 ``(side, side, 3)``: scaled in proportion, then cut or padded about its middle; on white where transparent."""
        width, height, side = frame.width, frame.height, self.side
        scale = side / (min if self.fit == "crop" else max)(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size != (width, height):
            marks.add(f"brought to {side} × {side} pixels")
        clear = frame.format.name in ("bgra", "rgba", "argb", "abgr", "yuva420p", "pal8")
        pixels = frame.reformat(*size, format="rgba" if clear else "rgb24", interpolation="AREA").to_ndarray()
        if clear:
            ink = pixels[..., 3:].astype(np.uint16)
            if ink.min() < 255:
                marks.add("transparent, laid on white")
            pixels = ((pixels[..., :3] * ink + 255 * (255 - ink) + 127) // 255).astype(np.uint8)
        if frame.rotation % 360:
            marks.add("turned upright as their data say")
            pixels = np.rot90(pixels, round(frame.rotation / 90))
        return self._squared(pixels)

    def _squared(self, pixels: np.ndarray) -> np.ndarray:
        square = np.zeros((self.side, self.side, 3), np.uint8)
        taken, laid = [], []
        for length in pixels.shape[:2]:
            both = min(length, self.side)
            taken.append(slice((length - both) // 2, (length - both) // 2 + both))
            laid.append(slice((self.side - both) // 2, (self.side - both) // 2 + both))
        square[laid[0], laid[1]] = pixels[taken[0], taken[1]]
        return square


def is_moving_gif(content: bytes) -> bool:
    """Whether a GIF has two pictures or more, by its blocks (CompuServe 1990, GIF89a)."""
    try:
        place, pictures = 13 + _colours(content[10]), 0
        while content[place] != 0x3B:
            if content[place] == 0x2C:
                pictures += 1
                if pictures == 2:
                    return True
                place += 11 + _colours(content[place + 9])
            else:
                place += 2
            while content[place]:
                place += content[place] + 1
            place += 1
    except IndexError:
        pass
    return False


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
