"""The generated vowels have the pitch and formants of their table."""

import numpy as np
import pytest

from aeexplorer.data.samples.tones import DATASET, FORMANTS, RATE, vowel
from aeexplorer.data.spectrogram import Spectrogram


@pytest.mark.parametrize("name", FORMANTS)
def test_a_vowel_has_its_pitch_and_formants(name: str) -> None:
    wave = vowel(name, 160.0, 0.0, 1.0)
    assert wave.shape == (RATE // 2,)
    assert np.abs(wave).max() == pytest.approx(1)
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    hertz = np.arange(len(spectrum)) * RATE / len(wave)
    comb = [spectrum[np.abs(hertz - 160 * k).argmin()] for k in range(1, 10)]
    between = [spectrum[np.abs(hertz - 160 * (k + 0.5)).argmin()] for k in range(1, 10)]
    assert min(comb) > 10 * max(between)
    strongest = 160 * (1 + int(np.argmax(comb[:6])))
    assert abs(strongest - FORMANTS[name][0]) <= 160


def test_the_pitch_rises_with_a_glide() -> None:
    def pitch(part: np.ndarray) -> float:
        correlation = np.correlate(part, part, "full")[len(part) - 1 :]
        return RATE / (20 + int(correlation[20:70].argmax()))

    wave = vowel("a", 200.0, 6.0, 1.0)
    assert pitch(wave[400:800]) < 190
    assert pitch(wave[3_000:3_400]) > 210
    flat = vowel("a", 200.0, 0.0, 1.0)
    assert pitch(flat[400:800]) == pitch(flat[3_000:3_400]) == 200


def test_the_dataset_agrees_with_its_table() -> None:
    content = DATASET.build(lambda *_: None)
    field = content.fields["audio"]
    spectrogram = Spectrogram.from_meta(field.meta)
    assert field.array.shape == (1500, 1, spectrogram.mels, spectrogram.frames(RATE // 2))
    assert sorted(content.table["label"].unique().to_pylist()) == list(FORMANTS)
    loud = np.array(content.table["loudness"])
    brightest = field.array.reshape(1500, -1).max(1).astype(float)
    assert np.corrcoef(loud, brightest)[0, 1] > 0.7
    assert len(np.unique(field.array.reshape(1500, -1), axis=0)) == 1500
