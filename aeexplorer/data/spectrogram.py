"""Waves → log-mel spectrograms of eight bits: what a field of sounds holds, and what its meta says of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

LOWEST, HIGHEST = -80.0, 0.0
"""Decibels below a sine at full scale that stand for 0 and 255."""
_WINDOW = 0.064  # seconds, before it is rounded to a power of two of samples
_LINEAR, _STEP = 1000.0, np.log(6.4) / 27  # Slaney's mel scale: linear up to 1 kHz at 200/3 Hz a mel, then even in log f


@dataclass(frozen=True)
class Spectrogram:
    """A log-mel spectrogram (Davis & Mermelstein 1980; mel scale of Slaney 1998).

    Frames are centred at multiples of `hop`, under a Hann window that is scaled so that a sine of amplitude 1 has
    power 1; bands are triangles of height 1 over the power spectrum.

    Parameters
    ----------
    rate
        Samples a second.
    fft, hop
        Window and step, in samples.
    mels
        Bands.
    """

    rate: int
    fft: int
    hop: int
    mels: int

    @classmethod
    def of(cls, rate: int, mels: int, hop_ms: float) -> "Spectrogram":
        """With a window of about 64 milliseconds."""
        return cls(rate, 2 ** round(np.log2(_WINDOW * rate)), max(1, round(rate * hop_ms / 1000)), mels)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> "Spectrogram":
        """The one that made a field with this meta."""
        return cls(meta["rate"], meta["fft"], meta["hop"], meta["mels"])

    @property
    def meta(self) -> dict[str, Any]:
        """What a field's meta says."""
        return asdict(self) | {"low_db": LOWEST, "high_db": HIGHEST}

    def frames(self, samples: int) -> int:
        """How many frames a wave of so many samples has."""
        return 1 + samples // self.hop

    @cached_property
    def filters(self) -> np.ndarray:
        """float32 ``(mels, fft // 2 + 1)``: the triangles, from 0 Hz to half the rate."""
        edges = _to_hertz(np.linspace(0, _to_mel(self.rate / 2), self.mels + 2))
        hertz = np.arange(self.fft // 2 + 1) * self.rate / self.fft
        rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
        return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)

    def levels(self, waves: np.ndarray) -> np.ndarray:
        """Waves float32 ``(m, samples)`` within [-1, 1] → uint8 ``(m, 1, mels, frames)``."""
        window = np.hanning(self.fft + 1)[:-1].astype(np.float32)
        padded = np.pad(waves, ((0, 0), (self.fft // 2, self.fft // 2)))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.fft, 1)[:, :: self.hop]
        spectrum = np.fft.rfft(frames * (window * (2 / window.sum())), axis=2)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ self.filters.T
        decibels = 10 * np.log10(np.maximum(power, 1e-10))
        share = np.clip((decibels - LOWEST) / (HIGHEST - LOWEST), 0, 1)
        return np.rint(share * 255).astype(np.uint8).transpose(0, 2, 1)[:, None]

    def power(self, levels: np.ndarray) -> np.ndarray:
        """uint8 ``(m, 1, mels, frames)`` → power of the bands, float32 ``(m, mels, frames)``; level 0 is silence."""
        decibels = LOWEST + levels[:, 0].astype(np.float32) / 255 * (HIGHEST - LOWEST)
        return np.where(levels[:, 0] == 0, 0, 10 ** (decibels / 10)).astype(np.float32)


def _to_mel(hertz: float) -> float:
    linear = hertz * 3 / 200
    return float(linear if hertz < _LINEAR else _LINEAR * 3 / 200 + np.log(hertz / _LINEAR) / _STEP)


def _to_hertz(mel: np.ndarray) -> np.ndarray:
    knee = _LINEAR * 3 / 200
    return np.where(mel < knee, mel * 200 / 3, _LINEAR * np.exp((np.maximum(mel, knee) - knee) * _STEP))
