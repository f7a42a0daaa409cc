"""Opening of sound files, also of those whose headers give no length, and of chains of several sounds in one OGG file."""

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np

from aeexplorer.data.uploads.members import Member

READ_ERRORS = (RuntimeError, ValueError, TypeError, OSError)  # libsndfile's own errors are RuntimeErrors
CHAIN = "chains of several sounds in one file, which were read as one"
NO_LENGTH = "whose headers give no length, which were read to their end"
_SAVE_AGAIN = "Save it again as WAV, FLAC or OGG"
_UNKNOWN_BYTES = 0x7FFF0000  # of samples in a WAV; programs that write to a pipe declare this much or more, or nothing
_FLAC_HEADER_BYTES = 42  # the marker and STREAMINFO (RFC 9639, section 8.2)
_BLOCK_FRAMES = 1 << 18
_FIRST_PAGE = 2  # flag of an OGG page that begins a stream


class SoundFile:
    """A sound file, with the interface of ``soundfile.SoundFile`` as far as it is used here.

    Parameters
    ----------
    member
        The file.
    content
        Its bytes; a WAV is checked before.

    Raises
    ------
    UploadRejected
        If the file cannot be opened, or holds sounds of different rates or channels.
    """

    def __init__(self, member: Member, content: bytes) -> None:
        self.member = member
        counted = _with_flac_length(member, content)
        parts = _ogg_chain(content) if member.kind == "ogg" else [content if counted is None else counted]
        self.conversion = CHAIN if len(parts) > 1 else NO_LENGTH if counted is not None else ""
        self._sounds = [_open(member, part) for part in parts]
        self.samplerate, self.channels = self._sounds[0].samplerate, self._sounds[0].channels
        other = next((s for s in self._sounds if (s.samplerate, s.channels) != (self.samplerate, self.channels)), None)
        if other is not None:
            self.close()
            reason = "the file is a chain of sounds with different sample rates or channels"
            raise member.rejected(reason, "Save each of them as a file of its own")
        self.frames = sum(sound.frames for sound in self._sounds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        for sound in self._sounds:
            sound.close()

    def read(self, frames: int) -> np.ndarray:
        """Read the first samples as float32 ``(frames, channels)``, or fewer where the file ends."""
        parts = []
        for sound in self._sounds:
            while frames > 0:
                part = sound.read(min(frames, _BLOCK_FRAMES), "float32", always_2d=True)
                if not len(part):
                    break
                parts.append(part)
                frames -= len(part)
        return np.concatenate(parts) if parts else np.empty((0, self.channels), np.float32)


def with_wav_length(content: bytes, start: int, declared: int, block: int) -> bytes | None:
    """Return a WAV whose header gives its length, or None if it does so already.

    Parameters
    ----------
    content
        The file.
    start, declared
        First byte of the samples, and their number of bytes in the header.
    block
        Bytes of the samples of all channels at one time.
    """
    available = len(content) - start
    is_unknown = (declared == 0 and available > 0) or (declared > available and declared >= _UNKNOWN_BYTES)
    if not is_unknown or content[:4] == b"RF64":
        return None
    size = available - available % max(1, block)
    order = ">" if content[:4] == b"RIFX" else "<"
    head = content[:4] + struct.pack(order + "I", start - 8 + size) + content[8 : start - 4] + struct.pack(order + "I", size)
    return head + content[start : start + size]


def _open(member: Member, content: bytes) -> Any:
    import soundfile

    try:
        return soundfile.SoundFile(io.BytesIO(content))
    except READ_ERRORS:
        raise member.rejected("the file is not a readable sound, or its header is damaged", _SAVE_AGAIN) from None


def _with_flac_length(member: Member, content: bytes) -> bytes | None:
    """Return a FLAC whose header gives the number of samples, counted by another decoder, or None if it does so already."""
    if content[:4] != b"fLaC" or len(content) < _FLAC_HEADER_BYTES or content[21] & 0x0F or any(content[22:26]):
        return None
    import av

    count = 0
    try:
        with av.open(io.BytesIO(content), "r", "flac") as container:
            for frame in container.decode(audio=0):
                count += frame.samples
    except (av.FFmpegError, ValueError, IndexError, OSError):
        raise member.rejected("the sound is damaged: its data cannot be decoded", _SAVE_AGAIN) from None
    return (
        content[:21] + bytes([(content[21] & 0xF0) | (count >> 32 & 0x0F)]) + struct.pack(">I", count & 0xFFFFFFFF) + content[26:]
    )


def _ogg_chain(content: bytes) -> Sequence[bytes]:
    """Return the sounds that follow each other in an OGG file (RFC 3533, section 4)."""
    starts, was_first = [], False
    for position, flags in _ogg_pages(content):
        is_first = bool(flags & _FIRST_PAGE)
        if is_first and not was_first:
            starts.append(position)
        was_first = is_first
    if len(starts) < 2:
        return [content]
    return [content[start:end] for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]


def _ogg_pages(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield place and flags of each page."""
    position = 0
    while content[position : position + 4] == b"OggS" and position + 27 <= len(content):
        yield position, content[position + 5]
        segments = content[position + 26]
        position += 27 + segments + sum(content[position + 27 : position + 27 + segments])
