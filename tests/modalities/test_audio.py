"""Spectrograms as pictures and as sound waves."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.modalities.audio import Audio

SOUND = Audio(Field("audio", "audio", (1, 12, 20), "uint8", {}, Path()))


def test_low_bands_are_at_the_bottom_and_loud_is_bright() -> None:
    raw = np.zeros((2, 1, 12, 20), np.uint8)
    raw[0, 0, 0] = np.linspace(0, 255, 20)
    picture = SOUND.pictures(raw)
    assert picture.shape == (2, 12, 20, 3)
    brightness = picture[0, -1] @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(brightness) > 0).all()
    assert (picture[0, :-1] == picture[1, :-1]).all()
    differences = SOUND.difference_images(raw.astype(np.float32))
    assert differences[0, -1].tolist() == raw[0, 0, 0].tolist()
    assert not differences[0, :-1].any()
    assert SOUND.arrange_codes(np.array([[1, 2], [3, 4]])).tolist() == [[3, 4], [1, 2]]


def test_prepare_and_restore_preserve_spectrograms() -> None:
    raw = torch.randint(0, 256, (3, 1, 12, 20), dtype=torch.uint8)
    x = SOUND.prepare(raw)
    assert (x >= 0).all()
    assert (x <= 1).all()
    assert np.array_equal(SOUND.restore(x), raw.numpy())


def test_reconstructed_waves_have_the_same_spectrogram() -> None:
    spectrogram = Spectrogram.for_rate(8_000, 64, 16)
    time = np.arange(4_000) / 8_000
    tones = np.stack([np.sin(2 * np.pi * 440 * time), 0.01 * np.sin(2 * np.pi * (1_500 - 800 * time) * time), 0 * time])
    levels = spectrogram.levels(tones.astype(np.float32))
    sound = Audio(Field("audio", "audio", levels.shape[1:], "uint8", spectrogram.meta, Path()))
    waves, rate = sound.to_waveforms(levels)
    assert rate == 8_000
    assert abs(waves.shape[1] - 4_000) < spectrogram.hop
    assert np.abs(waves[:2]).max(1) == pytest.approx([0.5, 0.5], rel=1e-5)  # equally loud
    assert not waves[2].any()
    for before, after in zip(levels[:2, 0], spectrogram.levels(waves)[:2, 0], strict=True):
        inner = np.s_[:, 4:-5]
        assert (np.abs(before[inner].argmax(0) - after[inner].argmax(0)) <= 1).all()
