"""Generated vowels of known pitch and voice: sounds without a microphone or a network."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import Built, Progress, Sample, sources
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
_WIDTHS = (80, 100, 140)  # of the formants, in Hz
_OPEN = 0.6  # share of a period in which the glottis lets air through
_BATCH = 100


def vowel(name: str, pitch: float, glide: float, tract: float) -> np.ndarray:
    """Half a second of a vowel, float32 ``(4000,)`` within [-1, 1].

    A train of glottal pulses through three resonators, the source and filter of Fant (1960).

    Parameters
    ----------
    name
        One of `FORMANTS`.
    pitch
        In Hz at the middle.
    glide
        How far the pitch rises from beginning to end, in semitones.
    tract
        What the formants are multiplied by: 1 for a man, more for a shorter vocal tract.
    """
    from scipy.signal import lfilter, resample_poly

    rate = 2 * RATE  # so that the edges of the pulses are not folded back
    time = np.arange(int(rate * SECONDS)) / rate
    phase = np.cumsum(pitch * 2 ** (glide / 12 * (time / SECONDS - 0.5))) / rate % 1
    wave = np.where(phase < _OPEN, phase**2 * (_OPEN - phase), 0.0)
    wave = np.diff(wave, 2, prepend=(0, 0))  # the change of the flow, heard from outside
    for formant, width in zip(FORMANTS[name], _WIDTHS, strict=True):
        radius = np.exp(-np.pi * width / rate)
        poles = (1, -2 * radius * np.cos(2 * np.pi * formant * tract / rate), radius**2)
        wave = lfilter((sum(poles),), poles, wave)
    envelope = np.minimum(1, time / 0.04) * np.minimum(1, (SECONDS - time) / 0.12)
    wave = resample_poly(wave * envelope, 1, 2)
    return (wave / np.abs(wave).max()).astype(np.float32)


def _build(progress: Progress) -> Built:
    rng = np.random.default_rng(SEED)
    kinds = rng.permutation(np.arange(COUNT) % len(FORMANTS))
    names = np.array(list(FORMANTS))[kinds].tolist()
    pitch = 110 * 2 ** rng.uniform(0, 1, COUNT)
    glide, tract, loudness = rng.uniform(-4, 4, COUNT), rng.uniform(0.95, 1.2, COUNT), rng.uniform(-12, 0, COUNT)
    spectrogram = Spectrogram.of(RATE, MELS, HOP_MS)
    samples = int(RATE * SECONDS)
    levels = np.empty((COUNT, 1, spectrogram.mels, spectrogram.frames(samples)), np.uint8)
    for start in range(0, COUNT, _BATCH):
        progress(start / COUNT, f"vowel {start:,} of {COUNT:,}")
        part = range(start, min(COUNT, start + _BATCH))
        waves = np.stack([vowel(names[i], pitch[i], glide[i], tract[i]) * 10 ** (loudness[i] / 20) for i in part])
        noise = rng.normal(size=waves.shape) * 3e-4
        levels[start : part.stop] = spectrogram.levels((waves + noise).astype(np.float32))
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
    split = stratified_split(kinds, COUNT, SplitSettings())
    return Built({"audio": NewField("audio", levels, spectrogram.meta)}, table, split)


SAMPLE = Sample(
    "tones",
    "Tones",
    "1,500 generated vowels of half a second; vowel, pitch, glide, length of the vocal tract and loudness are known.",
    _build,
)
