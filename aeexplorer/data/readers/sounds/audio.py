"""Reader of one sound file: checked before it is decoded, then mixed to one channel, resampled, and cut or padded."""

import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from aeexplorer.data.readers.sounds.sound_file import NO_LENGTH, READ_ERRORS, SoundFile, with_wav_length
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Mixdown

MAX_FILE_BYTES = 512 << 20
MAX_CHANNELS = 32
MIN_RATE, MAX_RATE = 1_000, 384_000  # Hz
CANCELLING = "with channels that cancel each other in their average (opposite phase); the loudest was used"
SILENT = "silent from beginning to end"
_SILENCE = 1e-4  # largest amplitude of a silent sound
_MIN_AVERAGE_POWER = 0.01  # of the average of channels, relative to the mean power of the channels
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x31: "GSM", 0x55: "MP3", 0x50: "MPEG", 0xFF: "AAC"}
_CONVERT = "Convert it to 16-bit PCM WAV or FLAC (ffmpeg -i in.wav -c:a pcm_s16le out.wav)"


@dataclass(frozen=True)
class AudioInfo:
    """Header of a sound file."""

    rate: int
    """Samples per second."""
    frames: int
    """Samples per channel."""
    channels: int

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return self.frames / self.rate


def read_info(member: Member) -> AudioInfo:
    """Read rate, length and channels of a sound from its header; refuse a sound that cannot be read."""
    with _open(member) as sound:
        return _check_info(member, sound)


class AudioReader:
    """Reads sounds as one channel at a fixed rate and length, and counts the conversions.

    Parameters
    ----------
    rate
        Samples per second of the result.
    samples
        Length of the result.
    mixdown
        How several channels become one, see `AudioOptions`.
    """

    def __init__(self, rate: int, samples: int, mixdown: Mixdown = "auto") -> None:
        self.rate, self.samples, self.mixdown = rate, samples, mixdown
        self.conversions: Counter[str] = Counter()
        self.rates: Counter[int] = Counter()

    def read(self, member: Member) -> np.ndarray:
        """Read a sound as float32 ``(samples,)`` within [-1, 1].

        Raises
        ------
        UploadRejected
            If the file is not a sound of a supported kind, or is damaged.
        """
        with _open(member) as sound:
            info = _check_info(member, sound)
            n_frames = min(info.frames, -(-self.samples * info.rate // self.rate) + info.rate // 10)
            try:
                wave = sound.read(n_frames)
            except READ_ERRORS:
                reason = "the sound is damaged: its data cannot be decoded"
                raise member.rejected(reason, "Save it again, or remove it") from None
            if sound.conversion:
                self.conversions[sound.conversion] += 1
        if len(wave) < n_frames:
            self.conversions["shorter than their header says"] += 1
        if not len(wave):
            raise member.rejected("the sound is damaged: no sample can be decoded", "Save it again, or remove it")
        return self._convert(wave, info)

    def _convert(self, wave: np.ndarray, info: AudioInfo) -> np.ndarray:
        mono = self._mix(wave)
        if not np.isfinite(mono).all():
            self.conversions["with values that are not numbers, which were replaced by silence"] += 1
            mono = np.where(np.isfinite(mono), mono, 0)
        if np.abs(mono).max() > 1 + 1e-3:
            self.conversions["with values beyond −1 to 1, which were cut off"] += 1
        if np.abs(mono).max() < _SILENCE:
            self.conversions[SILENT] += 1
        # resample
        self.rates[info.rate] += 1
        if info.rate != self.rate:
            from scipy.signal import resample_poly

            ratio = Fraction(self.rate, info.rate).limit_denominator(1_000)
            mono = resample_poly(mono, ratio.numerator, ratio.denominator)
        # cut or pad
        seconds = self.samples / self.rate
        self.conversions["longer, cut off at the end"] += info.seconds > seconds + 1e-3
        self.conversions["shorter, padded with silence"] += info.seconds < seconds - 1e-3
        fitted = np.zeros(self.samples, np.float32)
        fitted[: min(len(mono), self.samples)] = mono[: self.samples].clip(-1, 1)
        return fitted

    def _mix(self, wave: np.ndarray) -> np.ndarray:
        """Mix the channels of ``(frames, channels)`` to one."""
        if wave.shape[1] == 1:
            return wave[:, 0]
        average = wave.mean(1)
        power = np.square(wave, dtype=np.float64).mean(0)  # (channels,)
        cancels = np.square(average, dtype=np.float64).mean() < _MIN_AVERAGE_POWER * power.mean()
        if self.mixdown == "loudest" or (self.mixdown == "auto" and cancels):
            why = CANCELLING if cancels else "with several channels, of which the loudest was used"
            self.conversions[why] += 1
            return wave[:, int(np.nan_to_num(power).argmax())]
        if self.mixdown == "first":
            self.conversions["with several channels, of which the first was used"] += 1
            return wave[:, 0]
        self.conversions["with several channels, which were averaged"] += 1
        return average


def _open(member: Member) -> SoundFile:
    if member.kind == "mp3":
        reason = "the file is an MP3, which is not supported"
        raise member.rejected(reason, "Convert it to WAV, FLAC or OGG (ffmpeg -i in.mp3 out.wav)")
    content = member.read(MAX_FILE_BYTES)
    if member.kind != "wav":
        return SoundFile(member, content)
    mended = _checked_wav(member, content)
    sound = SoundFile(member, content if mended is None else mended)
    if mended is not None:
        sound.conversion = NO_LENGTH
    return sound


def _check_info(member: Member, sound: SoundFile) -> AudioInfo:
    info = AudioInfo(sound.samplerate, sound.frames, sound.channels)
    if not MIN_RATE <= info.rate <= MAX_RATE:
        reason = f"the sample rate is {info.rate:,} Hz"
        raise member.rejected(reason, f"Use a sample rate of {MIN_RATE:,} to {MAX_RATE:,} Hz")
    if not 1 <= info.channels <= MAX_CHANNELS:
        raise member.rejected(f"the sound has {info.channels:,} channels", "Save it with one channel or two")
    if info.frames <= 0:
        raise member.rejected("the sound has no samples", "Remove it, or record it again")
    return info


def _checked_wav(member: Member, content: bytes) -> bytes | None:
    """Refuse a WAV with impossible chunks and say why; the decoder would only say that it failed.

    Returns
    -------
    bytes or None
        The file with the length in its header, if the header gives none (as when it was written to a pipe); else None.
    """
    order = ">" if content[:4] == b"RIFX" else "<"
    coding = None
    for name, start, size in _chunks(content, order):
        available = len(content) - start
        if name == b"fmt ":
            if size < 16 or available < 16:
                raise member.rejected("the format chunk is cut off", "Save the sound again as WAV")
            coding, channels, rate, _, block, bits = struct.unpack(order + "HHIIHH", content[start : start + 16])
            if coding == _EXTENSIBLE and size >= 26 and available >= 26:
                coding = struct.unpack(order + "H", content[start + 24 : start + 26])[0]
            _check_format(member, coding, channels, rate, block, bits)
        elif name == b"data":
            if coding is None:
                raise member.rejected("the samples come before their format", "Save the sound again as WAV")
            mended = with_wav_length(content, start, size, block)
            if mended is not None and available >= max(1, block):
                return mended
            if size > available and content[:4] != b"RF64":
                reason = f"the header promises {size:,} bytes of samples, but only {available:,} follow"
                raise member.rejected(reason, "The file is cut off or was never finished: save it again")
            if min(size, available) < max(1, block):
                raise member.rejected("the sound has no samples", "Remove it, or record it again")
            return None
    missing = "samples" if coding is not None else "format"
    raise member.rejected(f"the file has no {missing}", "Save the sound again as WAV")


def _chunks(content: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and declared size of each chunk."""
    position = 12
    while position + 8 <= len(content):
        name, size = struct.unpack(order + "4sI", content[position : position + 8])
        yield name, position + 8, size
        position += 8 + size + size % 2


def _check_format(member: Member, coding: int, channels: int, rate: int, block: int, bits: int) -> None:
    if coding not in (_PCM, _FLOAT):
        reason = f"the sound is coded as {_CODINGS.get(coding, f'format {coding:#x}')}, not as plain samples"
        raise member.rejected(reason, _CONVERT)
    if not 1 <= channels <= MAX_CHANNELS:
        raise member.rejected(f"the header declares {channels:,} channels", "Save the sound with one channel or two")
    if not MIN_RATE <= rate <= MAX_RATE:
        reason = f"the header declares a rate of {rate:,} Hz"
        raise member.rejected(reason, f"Use a sample rate of {MIN_RATE:,} to {MAX_RATE:,} Hz")
    if bits not in ((32, 64) if coding == _FLOAT else (8, 16, 24, 32)) or block != channels * bits // 8:
        reason = f"the header declares {bits} bits in blocks of {block} bytes, which do not fit together"
        raise member.rejected(reason, _CONVERT)
