"""Reader of one video file: checked before it is decoded, then brought to a fixed number of square frames.

Frames are evenly chosen over the length by their times, turned upright, and placed on white where they are transparent.
"""

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

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member

DEMUXERS = {"mp4": "mov", "webm": "matroska", "gif": "gif"}
"""FFmpeg's demuxer for each kind of member. No other demuxer is used: those of playlists would open further files."""
CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores", "gif"})
MAX_FILE_BYTES = 512 << 20
MAX_FRAME_PIXELS = 1 << 24
MAX_FRAMES = 20_000
MAX_SECONDS = 900
_DECODE_ERRORS = (FFmpegError, ValueError, IndexError, EOFError, OSError, OverflowError)
_MAX_GAP_RATIO = 3.0  # of the longest and the median distance of two frames; thinning alone stays below
_MIN_DECODED_SHARE = 0.9  # of the frames or seconds that the header declares

av.logging.set_level(av.logging.PANIC)


@contextmanager
def open_video(member: Member) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video and yield its container and first video stream, before any frame is decoded.

    Raises
    ------
    UploadRejected
        If the file is not a video or exceeds a limit.
    """
    if member.kind not in DEMUXERS:
        raise member.rejected("the file is not a readable video", "Save it again as MP4, WebM or GIF")
    content = io.BytesIO(member.read(MAX_FILE_BYTES))
    try:
        container = av.open(content, "r", DEMUXERS[member.kind], metadata_errors="ignore", io_open=_refuse_other_files)
    except _DECODE_ERRORS:
        reason = "the file is not a readable video, or it is cut off"
        raise member.rejected(reason, "Save it again as MP4, WebM or GIF") from None
    with container:
        if not container.streams.video:
            reason = "the video has no pictures, only sound"
            raise member.rejected(reason, "Upload a video with pictures, or upload sounds separately as WAV, FLAC or OGG")
        stream = container.streams.video[0]
        _check_limits(member, container, stream)
        stream.thread_type = "NONE"
        yield container, stream


def _refuse_other_files(*_: object) -> NoReturn:
    raise PermissionError("a video may not open other files")


def _check_limits(member: Member, container: InputContainer, stream: VideoStream) -> None:
    codec_context = stream.codec_context
    if codec_context is None or codec_context.codec.canonical_name not in CODECS:
        codec = "unknown" if codec_context is None else codec_context.codec.canonical_name
        raise member.rejected(f"the video codec is not supported ({codec})", "Save the video as H.264, VP9 or GIF")
    _check_pixels(member, codec_context.width, codec_context.height)
    seconds = (container.duration or 0) / av.time_base
    if seconds > MAX_SECONDS or stream.frames > MAX_FRAMES:
        reason = (
            f"the video lasts {seconds:,.0f} seconds ({stream.frames:,} frames), "
            f"more than {MAX_SECONDS:,} seconds or {MAX_FRAMES:,} frames"
        )
        raise member.rejected(reason, "Cut it into shorter videos, one per sample")


def _check_pixels(member: Member, width: int, height: int) -> None:
    if width * height > MAX_FRAME_PIXELS:
        reason = f"a frame has {width:,} × {height:,} pixels, more than {MAX_FRAME_PIXELS:,}"
        raise member.rejected(reason, "Scale the video down")
    if width * height <= 0:
        raise member.rejected("the video has no pixels, or more than a video can have", "Remove it")


class _TimedFrames:
    """Frames of a video and their times. Beyond a number of frames, those that follow another one closely are dropped.

    Parameters
    ----------
    most
        Largest number of frames that are kept.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.times: list[float] = []
        self.frames: list[np.ndarray] = []
        self.last_seconds = 0.0
        """How long the last frame is shown; 0 if unknown."""
        self._least_gap = 0.0

    @property
    def next_time(self) -> float:
        """Time of a frame that has none."""
        return self.times[-1] + max(1.0, self._least_gap) if self.times else 0.0

    @property
    def is_uneven(self) -> bool:
        """Whether frames follow each other at clearly different distances."""
        gaps = np.append(np.diff(self.times), self.last_seconds or [])
        return len(gaps) > 1 and bool(gaps.max() > _MAX_GAP_RATIO * np.median(gaps))

    def wants(self, time: float) -> bool:
        """Return whether a frame of this time is later than the last one, by the least gap of a thinned video."""
        return not self.times or (time > self.times[-1] and time >= self.times[-1] + self._least_gap)

    def add(self, time: float, frame: np.ndarray) -> None:
        """Add a frame, and thin the frames if there are too many."""
        self.times.append(time)
        self.frames.append(frame)
        if len(self.times) > self.most:
            self._least_gap = (self.times[-1] - self.times[0]) / (self.most // 2)
            kept = [0]
            for i in range(1, len(self.times)):
                if self.times[i] >= self.times[kept[-1]] + self._least_gap:
                    kept.append(i)
            self.times, self.frames = [self.times[i] for i in kept], [self.frames[i] for i in kept]

    def evenly(self, n: int) -> list[np.ndarray]:
        """Return the frames that are shown at `n` times, evenly spaced from the first frame to the last.

        A last frame that is shown for longer than usual counts with its extra time. Between two frames of usual distance, the
        nearer one is taken.
        """
        times = np.array(self.times)
        usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        end = times[-1] + max(0.0, self.last_seconds - usual)
        wanted = np.linspace(times[0], end, n)
        shown = np.searchsorted(times, wanted + usual / 2, side="left") - 1
        return [self.frames[i] for i in shown.clip(0, len(times) - 1)]


class VideoReader:
    """Reads videos at a fixed length and size, and counts the conversions.

    Parameters
    ----------
    frames
        Number of frames of the result.
    side
        Side of the square frames, in pixels.
    fit
        ``crop`` or ``letterbox``.
    """

    def __init__(self, frames: int, side: int, fit: Literal["crop", "letterbox"]) -> None:
        self.frames, self.side, self.fit = frames, side, fit
        self.reset()

    def reset(self) -> None:
        """Set the counts of conversions to zero."""
        self.conversions: Counter[str] = Counter()

    def read(self, member: Member) -> np.ndarray:
        """Read a video as uint8 ``(frames, side, side, 3)``.

        Raises
        ------
        UploadRejected
            If the file is not a video, exceeds a limit, is damaged or cut off, or has fewer than two frames.
        """
        with open_video(member) as (container, stream):
            try:
                chosen, count, end_time = self._decode(member, container, stream)
            except (MemoryError, UploadRejected):
                raise
            except _DECODE_ERRORS:
                reason = "the video is damaged: its frames cannot be decoded"
                raise member.rejected(reason, "Save it again, or remove it") from None
            if count == 0:
                raise member.rejected("the video has no readable frames", "Save it again, or remove it")
            if count < _MIN_DECODED_SHARE * stream.frames:
                reason = f"the video is cut off: only {count:,} of its {stream.frames:,} frames can be read"
                raise member.rejected(reason, "Copy the file again")
            if count == 1:
                raise member.rejected("the video has a single frame", "Upload videos of at least two frames, or pictures")
            seconds = (container.duration or 0) / av.time_base
        if not stream.frames and end_time < _MIN_DECODED_SHARE * seconds - 1:
            self.conversions["shorter than their header says; the available frames are used"] += 1
        if count < self.frames:
            self.conversions[f"with fewer than {self.frames} frames; some frames are repeated"] += 1
        return np.stack(chosen.evenly(self.frames))

    def _decode(self, member: Member, container: InputContainer, stream: VideoStream) -> tuple["_TimedFrames", int, float]:
        """Decode a video; return frames over all its length, the true number of frames, and the time of the last in seconds."""
        frames = _TimedFrames(16 * self.frames)
        count, last = 0, None
        conversions: set[str] = set()
        for frame in container.decode(stream):
            _check_pixels(member, frame.width, frame.height)
            time = frames.next_time if frame.time is None else float(frame.time)
            if frames.wants(time):
                frames.add(time, self._convert(frame, conversions))
            count, last = count + 1, (time, frame)
            if count > MAX_FRAMES:
                reason = f"the video has more than {MAX_FRAMES:,} frames"
                raise member.rejected(reason, "Cut it into shorter videos, one per sample")
        if last is None:
            return frames, 0, 0.0
        time, frame = last
        if not frames.times or time > frames.times[-1]:
            frames.add(time, self._convert(frame, conversions))
        frames.last_seconds = float((frame.duration or 0) * (frame.time_base or 0))
        if frames.is_uneven:
            conversions.add("with a variable frame rate; frames were chosen by their times")
        self.conversions.update(conversions)
        return frames, count, time

    def _convert(self, frame: VideoFrame, conversions: set[str]) -> np.ndarray:
        """Scale a frame in proportion, place it on white, turn it upright, and crop or pad it around its centre.

        Returns
        -------
        ndarray
            uint8 ``(side, side, 3)``.
        """
        width, height, side = frame.width, frame.height, self.side
        # scale
        scale = side / (min if self.fit == "crop" else max)(width, height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if size != (width, height):
            conversions.add(f"scaled to {side} × {side} pixels")
        # remove transparency
        has_alpha = frame.format.name in ("bgra", "rgba", "argb", "abgr", "yuva420p", "pal8")
        pixels = frame.reformat(*size, format="rgba" if has_alpha else "rgb24", interpolation="AREA").to_ndarray()
        if has_alpha:
            alpha = pixels[..., 3:].astype(np.uint16)
            if alpha.min() < 255:
                conversions.add("transparent, placed on white")
            pixels = ((pixels[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
        # turn upright
        if frame.rotation % 360:
            conversions.add("turned upright, as their metadata say")
            pixels = np.rot90(pixels, round(frame.rotation / 90))
        return self._crop_or_pad(pixels)

    def _crop_or_pad(self, pixels: np.ndarray) -> np.ndarray:
        square = np.zeros((self.side, self.side, 3), np.uint8)
        source, target = [], []
        for length in pixels.shape[:2]:
            common = min(length, self.side)
            source.append(slice((length - common) // 2, (length - common) // 2 + common))
            target.append(slice((self.side - common) // 2, (self.side - common) // 2 + common))
        square[target[0], target[1]] = pixels[source[0], source[1]]
        return square


def is_moving_gif(content: bytes) -> bool:
    """Return whether a GIF has at least two pictures, by its blocks (CompuServe 1990, GIF89a)."""
    try:
        position, pictures = 13 + _colour_table_bytes(content[10]), 0
        while content[position] != 0x3B:  # trailer
            if content[position] == 0x2C:  # image descriptor
                pictures += 1
                if pictures == 2:
                    return True
                position += 11 + _colour_table_bytes(content[position + 9])
            else:  # extension
                position += 2
            # skip the sub-blocks
            while content[position]:
                position += content[position] + 1
            position += 1
    except IndexError:
        pass
    return False


def _colour_table_bytes(flags: int) -> int:
    """Return the size in bytes of the colour table that follows a header with these flags."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
