"""Generated vowels. Pitch, glide, vocal tract and loudness are known."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.data.split import SplitSettings, stratified_split

COUNT, RATE, SECONDS, SEED = 1500, 8_000, 0.5, 0
MELS, HOP_MS = 40, 25
FORMANTS = {  # Hz, of an average man (Peterson & Barney 1952, JASA 24:175)
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (270, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (300, 870, 2240),
}
_BANDWIDTHS = (80, 100, 140)  # of the formants, in Hz
_OPEN_QUOTIENT = 0.6  # share of a period in which the glottis is open
_BATCH_SIZE = 100


def vowel(name: str, pitch: float, glide: float, tract: float) -> np.ndarray:
    """Generate half a second of a vowel, float32 ``(4000,)`` in [-1, 1].

    A train of glottal pulses passes through three resonators: the source-filter model of Fant (1960).

    Parameters
    ----------
    name
        One of `FORMANTS`.
    pitch
        Pitch at the middle, in Hz.
    glide
        Rise of the pitch from beginning to end, in semitones.
    tract
        Factor of the formants: 1 for an average man, more for a shorter vocal tract.
    """
    from scipy.signal import lfilter, resample_poly

    rate = 2 * RATE  # oversampled, so that the edges of the pulses cause no aliasing
    # source
    time = np.arange(int(rate * SECONDS)) / rate
    phase = np.cumsum(pitch * 2 ** (glide / 12 * (time / SECONDS - 0.5))) / rate % 1
    wave = np.where(phase < _OPEN_QUOTIENT, phase**2 * (_OPEN_QUOTIENT - phase), 0.0)
    wave = np.diff(wave, 2, prepend=(0, 0))  # the sound outside the lips follows changes of the flow
    # filter
    for formant, bandwidth in zip(FORMANTS[name], _BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / rate)
        poles = (1, -2 * radius * np.cos(2 * np.pi * formant * tract / rate), radius**2)
        wave = lfilter((sum(poles),), poles, wave)
    envelope = np.minimum(1, time / 0.04) * np.minimum(1, (SECONDS - time) / 0.12)
    wave = resample_poly(wave * envelope, 1, 2)
    return (wave / np.abs(wave).max()).astype(np.float32)


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    vowels = rng.permutation(np.arange(COUNT) % len(FORMANTS))
    names = np.array(list(FORMANTS))[vowels].tolist()
    pitch = 110 * 2 ** rng.uniform(0, 1, COUNT)
    glide, tract, loudness = rng.uniform(-4, 4, COUNT), rng.uniform(0.95, 1.2, COUNT), rng.uniform(-12, 0, COUNT)
    spectrogram = Spectrogram.for_rate(RATE, MELS, HOP_MS)
    samples = int(RATE * SECONDS)
    levels = np.empty((COUNT, 1, spectrogram.mels, spectrogram.frames(samples)), np.uint8)
    for start in range(0, COUNT, _BATCH_SIZE):
        progress(start / COUNT, f"vowel {start:,} of {COUNT:,}")
        batch = range(start, min(COUNT, start + _BATCH_SIZE))
        waves = np.stack([vowel(names[i], pitch[i], glide[i], tract[i]) * 10 ** (loudness[i] / 20) for i in batch])
        noise = rng.normal(size=waves.shape) * 3e-4
        levels[start : batch.stop] = spectrogram.levels((waves + noise).astype(np.float32))
    table = pa.table(
        {
            "source": sources("vowel", COUNT),
            "label": pa.array(names, pa.string()),
            "pitch": pitch.round(2),
            "glide": glide.round(3),
            "tract": tract.round(3),
            "loudness": loudness.round(2),
        }
    )
    split = stratified_split(vowels, COUNT, SplitSettings())
    return DatasetContent({"audio": NewField("audio", levels, spectrogram.meta)}, table, split)


DATASET = BuiltinDataset(
    "tones",
    "Tones",
    "1,500 generated vowels of half a second; vowel, pitch, glide, length of the vocal tract and loudness are known.",
    _build,
)
