"""Spectrograms agree with librosa."""

import librosa
import numpy as np
import pytest

from aeexplorer.data.spectrogram import Spectrogram


@pytest.mark.parametrize(("rate", "mels"), [(16_000, 64), (8_000, 40), (22_050, 128)])
def test_filters_equal_librosas(rate: int, mels: int) -> None:
    spectrogram = Spectrogram.for_rate(rate, mels, 16)
    np.testing.assert_allclose(
        spectrogram.filters, librosa.filters.mel(sr=rate, n_fft=spectrogram.fft, n_mels=mels, norm=None), atol=1e-6
    )


def test_levels_equal_librosas_decibels() -> None:
    spectrogram = Spectrogram.for_rate(16_000, 64, 16)
    waves = np.random.default_rng(0).normal(size=(2, 9_000)).astype(np.float32) * np.array([[0.1], [0.001]], np.float32)
    levels = spectrogram.levels(waves)
    assert levels.shape == (2, 1, 64, spectrogram.frames(9_000))
    for wave, level in zip(waves, levels, strict=True):
        bands = librosa.feature.melspectrogram(
            y=wave, sr=16_000, n_fft=spectrogram.fft, hop_length=spectrogram.hop, n_mels=64, norm=None, pad_mode="constant"
        )
        decibels = librosa.power_to_db(bands * (4 / spectrogram.fft) ** 2, ref=1.0, top_db=None)
        expected = np.clip((decibels + 80) / 80 * 255, 0, 255)
        assert np.abs(level[0] - expected).max() <= 0.51


def test_a_tone_is_loudest_in_its_band_and_silence_has_level_zero() -> None:
    spectrogram = Spectrogram.for_rate(8_000, 32, 16)
    tone = np.sin(2 * np.pi * 1_000 * np.arange(4_000) / 8_000)
    levels = spectrogram.levels(np.stack([tone, np.zeros(4_000)]).astype(np.float32))
    middle = levels[0, 0, :, 15]
    assert middle.argmax() == spectrogram.filters[:, 1_000 * spectrogram.fft // 8_000].argmax()
    assert middle.max() > 245
    assert not levels[1].any()
    power = spectrogram.power(levels)
    assert power[0].max() == pytest.approx(1, rel=0.5)
    assert not power[1].any()


def test_a_spectrogram_is_recreated_from_its_meta() -> None:
    spectrogram = Spectrogram.for_rate(16_000, 64, 16)
    assert Spectrogram.from_meta(spectrogram.meta) == spectrogram
    assert spectrogram.meta["low_db"] < spectrogram.meta["high_db"]
