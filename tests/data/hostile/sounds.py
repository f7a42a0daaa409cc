"""Sounds with false headers, cut off, empty or in unsupported codings, and mixed sounds that are read."""

import io
import struct

import numpy as np
import soundfile

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import Case, converted, refused
from tests.data.making import zipped

RATE = 8_000


def wave(i: int, rate: int = RATE) -> np.ndarray:
    return (0.4 * np.sin(np.arange(rate // 5) * 0.3 * (1 + i) * RATE / rate)).astype(np.float32)


def sound(i: int = 0, rate: int = RATE, format: str = "WAV", subtype: str | None = None) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, wave(i, rate), rate, format=format, subtype=subtype)
    return out.getvalue()


def riff(
    channels: int = 1, rate: int = RATE, coding: int = 1, bits: int = 16, data: bytes = bytes(800), claimed: int = -1
) -> bytes:
    """Write a WAV with arbitrary values in its header."""
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", coding, channels, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits)
    size = struct.pack("<I", len(data) if claimed < 0 else claimed)
    body = b"WAVEfmt " + struct.pack("<I", 16) + header + b"data" + size + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def with_good(name: str, content: bytes) -> bytes:
    return zipped({f"{i}.wav": sound(i) for i in range(6)} | {name: content})


def bad(content: bytes, reason: str, fix: str = "", name: str = "bad.wav") -> Case:
    """Return a case of a zip of valid sounds and a bad one."""
    return refused("s.zip", lambda: with_good(name, content), name, reason, fix)


def check_rates(dataset: Dataset) -> None:
    assert dataset.n == 7
    assert any("44,100 Hz (1)" in note and "resampled to" in note for note in dataset.notes)


def check_seven(dataset: Dataset) -> None:
    assert dataset.n == 7
    assert dataset.main_field.array[6].any()


def check_silence(dataset: Dataset) -> None:
    assert any("not numbers, which were replaced by silence" in note for note in dataset.notes)


GOOD = {
    "wav": {"good.zip": with_good("g.wav", sound(9))},
    "flac": {f"{i}.flac": sound(i, format="FLAC") for i in range(5)},
    "ogg": {f"{i}.ogg": sound(i, format="OGG", subtype="VORBIS") for i in range(5)},
}
CASES: dict[str, Case] = {
    "no channels": bad(riff(channels=0), "0 channels", "one channel"),
    "60,000 channels": bad(riff(channels=60_000), "60,000 channels"),
    "rate 0": bad(riff(rate=0), "a rate of 0 Hz", "1,000 to 384,000 Hz"),
    "rate of 4 GHz": bad(riff(rate=4_000_000_000), "4,000,000,000 Hz"),
    "absurd length": bad(riff(claimed=0x30000000), "promises 805,306,368 bytes of samples, but only 800 follow", "save it again"),
    "cut off": bad(sound()[:-600], "bytes of samples, but only", "save it again"),
    "ADPCM": bad(sound(subtype="MS_ADPCM"), "coded as ADPCM", "Convert it to 16-bit PCM"),
    "IMA ADPCM": bad(sound(subtype="IMA_ADPCM"), "coded as ADPCM", "Convert it to 16-bit PCM"),
    "A-law": bad(sound(subtype="ALAW"), "coded as A-law", "Convert"),
    "MP3 in a WAV": bad(riff(coding=0x55), "coded as MP3", "Convert"),
    "MP3 tag": bad(b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(400), "the file is an MP3", "ffmpeg"),
    "MP3 frame": bad(b"\xff\xfb\x90\x64" + bytes(400), "the file is an MP3", "ffmpeg"),
    "no samples": bad(riff(data=b""), "no samples", "Remove it"),
    "half a sample": bad(riff(data=b"\1"), "no samples", "Remove it"),
    "no data": bad(riff()[:36], "no samples", "Save the sound again"),
    "no format": bad(b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\1\2\3\4", "before their format"),
    "13 bits": bad(riff(bits=13), "13 bits"),
    "empty": bad(b"", "not a readable sound"),
    "words": bad(b"this is no sound at all, but words", "the file is not a readable sound"),
    "half a FLAC": bad(sound(format="FLAC")[:60], "", name="bad.flac"),
    "half an OGG": bad(sound(format="OGG", subtype="VORBIS")[:200], "", name="bad.ogg"),
    "identical": refused("s.zip", lambda: zipped({f"{i}.wav": sound() for i in range(6)}), "0.wav", "identical"),
    "a single sound": refused("s.wav", sound, "", "too few"),
    "too fine": refused(
        "s.zip",
        lambda: with_good("g.wav", sound(9)),
        "0.wav",
        "more than 2,048 frames",
        "longer hop",
        IngestOptions().replace({"seconds": 60, "hop_ms": 2}),
    ),
    "odd bytes": converted("s.zip", lambda: with_good("o.wav", riff(data=wave(3).tobytes()[:801])), check_seven),
    "length of a stream that has not ended": converted(
        "s.zip", lambda: with_good("o.wav", riff(data=wave(3).tobytes()[:800], claimed=0xFFFFFFF0)), check_seven
    ),
    "not numbers": converted(
        "s.zip",
        lambda: with_good(
            "n.wav", riff(coding=3, bits=32, data=np.where(np.arange(800) == 7, np.nan, 0.1).astype("<f4").tobytes())
        ),
        check_silence,
    ),
    "mixed rates": converted("s.zip", lambda: with_good("f.wav", sound(3, 44_100)), check_rates),
}
