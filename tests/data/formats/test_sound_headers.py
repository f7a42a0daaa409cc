"""Sounds whose headers give no length are read whole, chains are joined, and channels that cancel each other are heard."""

import io
import struct
from functools import partial

import numpy as np
import pytest
import soundfile

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.readers.sounds.audio import CANCELLING, SILENT, AudioReader, read_info
from aeexplorer.data.readers.sounds.sound_file import CHAIN, NO_LENGTH
from aeexplorer.data.uploads.members import Member

RATE = 8000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(6000) / RATE)).astype(np.float32)


def encoded(wave: np.ndarray, format: str = "WAV", subtype: str | None = None, rate: int = RATE) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, wave, rate, format=format, subtype=subtype)
    return out.getvalue()


def sound(content: bytes) -> Member:
    return Member("s", "", len(content), partial(io.BytesIO, content))


def read(content: bytes, samples: int = 6000, **options: str) -> tuple[np.ndarray, AudioReader]:
    reader = AudioReader(RATE, samples, **options)  # type: ignore[arg-type]
    return reader.read(sound(content)), reader


@pytest.mark.parametrize("declared", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_wav_from_a_pipe_is_read_to_its_end(declared: int, subtype: str) -> None:
    content = bytearray(encoded(TONE, subtype=subtype))
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", declared)
    content[4:8] = struct.pack("<I", declared)
    assert read_info(sound(bytes(content))).frames == 6000
    wave, reader = read(bytes(content))
    np.testing.assert_allclose(wave, TONE, atol=1e-4)
    assert reader.conversions[NO_LENGTH] == 1


def test_a_wav_that_is_cut_off_is_still_refused() -> None:
    with pytest.raises(UploadRejected, match="the header promises 12,000 bytes of samples, but only"):
        read(encoded(TONE)[:-3000])


def test_a_flac_without_a_count_is_read_to_its_end() -> None:
    content = bytearray(encoded(TONE, "FLAC"))
    content[21] &= 0xF0  # the low 36 bits from here are the number of samples (RFC 9639, section 8.2)
    content[22:26] = bytes(4)
    assert read_info(sound(bytes(content))).frames == 6000
    wave, reader = read(bytes(content))
    np.testing.assert_allclose(wave, TONE, atol=1e-4)
    assert reader.conversions[NO_LENGTH] == 1


def test_a_chain_of_ogg_sounds_is_read_as_one() -> None:
    content = encoded(TONE, "OGG") + encoded(TONE[:2000] * 0.5, "OGG")
    assert read_info(sound(content)).frames == 8000
    wave, reader = read(content, 8000)
    assert reader.conversions[CHAIN] == 1
    assert np.corrcoef(wave, np.concatenate([TONE, TONE[:2000] * 0.5]))[0, 1] > 0.99
    with pytest.raises(UploadRejected, match="chain of sounds with different sample rates"):
        read(encoded(TONE, "OGG") + encoded(TONE, "OGG", rate=16_000))


def test_channels_of_opposite_phase_are_not_silent() -> None:
    stereo = np.stack([TONE, -TONE], 1)
    wave, reader = read(encoded(stereo))
    np.testing.assert_allclose(np.abs(wave), np.abs(TONE), atol=1e-4)
    assert reader.conversions[CANCELLING] == 1
    wave, reader = read(encoded(stereo), mixdown="average")
    assert np.abs(wave).max() < 1e-4
    assert reader.conversions[SILENT] == 1


def test_other_channels_are_averaged_or_chosen() -> None:
    stereo = np.stack([TONE * 0.2, TONE], 1)
    for mixdown, expected in {"auto": 0.6, "average": 0.6, "first": 0.2, "loudest": 1.0}.items():
        wave, _ = read(encoded(stereo), mixdown=mixdown)
        np.testing.assert_allclose(wave, TONE * expected, atol=1e-4)


def test_no_words_of_the_library_reach_a_person() -> None:
    for content in (b"OggS" + bytes(60), b"fLaC" + bytes(80), encoded(TONE, "FLAC")[:50]):
        with pytest.raises(UploadRejected) as refused:
            read(content)
        assert not any(word in str(refused.value) for word in ("psf", "Error", "sndfile", "SoundFile", "BytesIO"))
