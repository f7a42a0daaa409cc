"""Reader of one video file: checked before it is decoded, then brought to a fixed number of square frames.

Frames are evenly chosen over the length, turned upright, and placed on white where they are transparent.
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

from aeexplorer.data.uploads.members import Member

DEMUXERS = {"mp4": "mov", "webm": "matroska", "gif": "gif"}
"""FFmpeg's demuxer for each kind of member. No other demuxer is used: those of playlists would open further files."""
CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mjpeg", "prores", "gif"})
MAX_FILE_BYTES = 512 << 20
MAX_FRAME_PIXELS = 1 << 24
MAX_FRAMES = 20_000
MAX_SECONDS = 900
_DECODE_ERRORS = (FFmpegError, ValueError, IndexError, EOFError, OSError, OverflowError)
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
                frames, count, end_time = self._decode(member, container, stream)
            except MemoryError:
                raise
            except _DECODE_ERRORS as error:
                reason = f"the video is damaged ({getattr(error, 'strerror', None) or error})"
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
        return np.stack([frames[i] for i in np.linspace(0, len(frames) - 1, self.frames).round().astype(int)])

    def _decode(self, member: Member, container: InputContainer, stream: VideoStream) -> tuple[list[np.ndarray], int, float]:
        """Decode a video; return evenly spaced frames, the true number of frames, and the time of the last in seconds.

        Of a long video only every second, fourth, … frame is returned, so that memory stays bounded.
        """
        frames: list[np.ndarray] = []
        stride, count, end_time = 1, 0, 0.0
        conversions: set[str] = set()
        for frame in container.decode(stream):
            _check_pixels(member, frame.width, frame.height)
            if count % stride == 0:
                frames.append(self._convert(frame, conversions))
            count += 1
            end_time = frame.time or end_time
            if count > MAX_FRAMES:
                reason = f"the video has more than {MAX_FRAMES:,} frames"
                raise member.rejected(reason, "Cut it into shorter videos, one per sample")
            if len(frames) > 16 * self.frames:
                frames, stride = frames[::2], 2 * stride
        self.conversions.update(conversions)
        return frames, count, end_time

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
