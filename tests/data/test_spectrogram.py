"""Our spectrogram against librosa's."""

import librosa
import numpy as np
import pytest

from aeexplorer.data.spectrogram import Spectrogram


@pytest.mark.parametrize(("rate", "mels"), [(16_000, 64), (8_000, 40), (22_050, 128)])
def test_bands_are_librosas(rate: int, mels: int) -> None:
    made = Spectrogram.of(rate, mels, 16)
    np.testing.assert_allclose(made.filters, librosa.filters.mel(sr=rate, n_fft=made.fft, n_mels=mels, norm=None), atol=1e-6)


def test_levels_are_librosas_decibels() -> None:
    made = Spectrogram.of(16_000, 64, 16)
    waves = np.random.default_rng(0).normal(size=(2, 9_000)).astype(np.float32) * np.array([[0.1], [0.001]], np.float32)
    levels = made.levels(waves)
    assert levels.shape == (2, 1, 64, made.frames(9_000))
    for wave, found in zip(waves, levels, strict=True):
        bands = librosa.feature.melspectrogram(
            y=wave, sr=16_000, n_fft=made.fft, hop_length=made.hop, n_mels=64, norm=None, pad_mode="constant"
        )
        decibels = librosa.power_to_db(bands * (4 / made.fft) ** 2, ref=1.0, top_db=None)
        expected = np.clip((decibels + 80) / 80 * 255, 0, 255)
        assert np.abs(found[0] - expected).max() <= 0.51


def test_a_full_tone_is_loudest_in_its_band_and_silence_is_nothing() -> None:
    made = Spectrogram.of(8_000, 32, 16)
    tone = np.sin(2 * np.pi * 1_000 * np.arange(4_000) / 8_000)
    levels = made.levels(np.stack([tone, np.zeros(4_000)]).astype(np.float32))
    middle = levels[0, 0, :, 15]
    assert middle.argmax() == made.filters[:, 1_000 * made.fft // 8_000].argmax()
    assert middle.max() > 245
    assert not levels[1].any()
    power = made.power(levels)
    assert power[0].max() == pytest.approx(1, rel=0.5)
    assert not power[1].any()


def test_the_meta_says_how_it_was_made() -> None:
    made = Spectrogram.of(16_000, 64, 16)
    assert Spectrogram.from_meta(made.meta) == made
    assert made.meta["low_db"] < made.meta["high_db"]
