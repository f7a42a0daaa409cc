"""One sound file → one channel of samples: checked before it is decoded, cut, brought to one rate."""

import io
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from aeexplorer.data.uploads.members import Member

MAX_FILE = 512 << 20
MOST_CHANNELS = 32
LOWEST_RATE, HIGHEST_RATE = 1_000, 384_000
_BROKEN = (RuntimeError, ValueError, TypeError, OSError)  # libsndfile's own errors are the first
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x31: "GSM", 0x55: "MP3", 0x50: "MPEG", 0xFF: "AAC"}
_CONVERT = "Convert it to 16-bit PCM WAV or FLAC (ffmpeg -i in.wav -c:a pcm_s16le out.wav)"


@dataclass(frozen=True)
class Length:
    """What a sound file's header says."""

    rate: int
    """Samples a second."""
    frames: int
    """Samples of each channel."""
    channels: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frames / self.rate


def length_of(member: Member) -> Length:
    """Rate, length and channels of a sound, by its header; refused when it is none that is read."""
    with _opened(member) as sound:
        return _length(member, sound)


class Reader:
    """Reads sounds as one channel at one rate, cut or padded to one length, and counts what it converts.

    Parameters
    ----------
    rate
        Samples a second.
    samples
        Length of the result.
    """

    def __init__(self, rate: int, samples: int) -> None:
        self.rate, self.samples = rate, samples
        self.counts: Counter[str] = Counter()
        self.rates: Counter[int] = Counter()

    def read(self, member: Member) -> np.ndarray:
        """float32 ``(samples,)`` within [-1, 1]."""
        with _opened(member) as sound:
            about = _length(member, sound)
            wanted = min(about.frames, -(-self.samples * about.rate // self.rate) + about.rate // 10)
            try:
                wave = np.asarray(sound.read(wanted, "float32", always_2d=True))
            except _BROKEN as error:
                raise member.rejected(f"it is damaged ({_brief(error)})", "Save it anew, or remove it") from None
        if len(wave) < wanted:
            self.counts["end before their header says"] += 1
        if not len(wave):
            raise member.rejected("it is damaged: nothing can be decoded", "Save it anew, or remove it")
        return self._fitted(wave, about)

    def _fitted(self, wave: np.ndarray, about: Length) -> np.ndarray:
        if about.channels > 1:
            self.counts["of several channels, which were averaged"] += 1
        mono = wave.mean(1)
        if not np.isfinite(mono).all():
            self.counts["with values that are no numbers, taken as silence"] += 1
            mono = np.where(np.isfinite(mono), mono, 0)
        self.rates[about.rate] += 1
        if about.rate != self.rate:
            from scipy.signal import resample_poly

            ratio = Fraction(self.rate, about.rate).limit_denominator(1_000)
            mono = resample_poly(mono, ratio.numerator, ratio.denominator)
        seconds = self.samples / self.rate
        self.counts["longer, cut off at the end"] += about.seconds > seconds + 1e-3
        self.counts["shorter, padded with silence"] += about.seconds < seconds - 1e-3
        fitted = np.zeros(self.samples, np.float32)
        fitted[: min(len(mono), self.samples)] = mono[: self.samples].clip(-1, 1)
        return fitted


def _opened(member: Member) -> Any:
    import soundfile

    if member.kind == "mp3":
        raise member.rejected("it is an MP3, which is not read", "Convert it to WAV, FLAC or OGG (ffmpeg -i in.mp3 out.wav)")
    content = member.read(MAX_FILE)
    if member.kind == "wav":
        _check_wave(member, content)
    try:
        return soundfile.SoundFile(io.BytesIO(content))
    except _BROKEN as error:
        reason = f"it is not a readable sound ({_brief(error)})"
        raise member.rejected(reason, "Save it anew as WAV, FLAC or OGG") from None


def _length(member: Member, sound: Any) -> Length:
    about = Length(sound.samplerate, sound.frames, sound.channels)
    if not LOWEST_RATE <= about.rate <= HIGHEST_RATE:
        raise member.rejected(f"its rate is {about.rate:,} Hz", f"Give sounds of {LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz")
    if not 1 <= about.channels <= MOST_CHANNELS:
        raise member.rejected(f"it has {about.channels:,} channels", "Save it with one channel, or two")
    if about.frames <= 0:
        raise member.rejected("it holds no samples", "Remove it, or record it anew")
    return about


def _check_wave(member: Member, content: bytes) -> None:
    """Refuse what the chunks of a WAV cannot mean, in words; the decoder would only say that it failed."""
    order = ">" if content[:4] == b"RIFX" else "<"
    coding = None
    for name, start, size in _chunks(content, order):
        held = len(content) - start
        if name == b"fmt ":
            if size < 16 or held < 16:
                raise member.rejected("its format chunk is cut off", "Save it anew as WAV")
            coding, channels, rate, _, block, bits = struct.unpack(order + "HHIIHH", content[start : start + 16])
            if coding == _EXTENSIBLE and size >= 26 and held >= 26:
                coding = struct.unpack(order + "H", content[start + 24 : start + 26])[0]
            _check_format(member, coding, channels, rate, block, bits)
        elif name == b"data":
            if coding is None:
                raise member.rejected("its samples come before its format", "Save it anew as WAV")
            if size > held and content[:4] != b"RF64":
                reason = f"its header promises {size:,} bytes of samples and {held:,} follow"
                raise member.rejected(reason, "It is cut off or was never finished: save it again")
            if min(size, held) < max(1, block):
                raise member.rejected("it holds no samples", "Remove it, or record it anew")
            return
    raise member.rejected("it has no " + ("samples" if coding is not None else "format"), "Save it anew as WAV")


def _chunks(content: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and claimed size of each chunk."""
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack(order + "4sI", content[place : place + 8])
        yield name, place + 8, size
        place += 8 + size + size % 2


def _check_format(member: Member, coding: int, channels: int, rate: int, block: int, bits: int) -> None:
    if coding not in (_PCM, _FLOAT):
        raise member.rejected(f"it is coded as {_CODINGS.get(coding, f'format {coding:#x}')}, not as plain samples", _CONVERT)
    if not 1 <= channels <= MOST_CHANNELS:
        raise member.rejected(f"its header says {channels:,} channels", "Save it with one channel, or two")
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        reason = f"its header says a rate of {rate:,} Hz"
        raise member.rejected(reason, f"Give sounds of {LOWEST_RATE:,} to {HIGHEST_RATE:,} Hz")
    if bits not in ((32, 64) if coding == _FLOAT else (8, 16, 24, 32)) or block != channels * bits // 8:
        raise member.rejected(f"its header says {bits} bits in blocks of {block} bytes, which do not fit", _CONVERT)


def _brief(error: Exception) -> str:
    """The first line of what the reading library says, without the file object that it names."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"^Error opening <[^>]*>: ", "", first)[:80].rstrip(".")
