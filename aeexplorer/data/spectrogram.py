"""Log-mel spectrograms of eight bits, the stored form of sounds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

MIN_DECIBELS, MAX_DECIBELS = -80.0, 0.0
"""Levels 0 and 255 of a spectrogram, in decibels relative to a sine at full scale."""
_WINDOW_SECONDS = 0.064  # rounded to a power of two of samples
# Slaney's mel scale: linear at 200/3 Hz per mel up to 1 kHz, logarithmic above
_LINEAR_LIMIT_HZ, _LOG_STEP = 1000.0, np.log(6.4) / 27


@dataclass(frozen=True)
class Spectrogram:
    """A log-mel spectrogram (Davis & Mermelstein 1980; mel scale of Slaney 1998).

    Frames are centred at multiples of `hop`. The Hann window is scaled so that a sine of amplitude 1 has power 1. Bands are
    triangles of height 1 over the power spectrum.

    Parameters
    ----------
    rate
        Sample rate in Hz.
    fft, hop
        Length of the window and step between frames, in samples.
    mels
        Number of frequency bands.
    """

    rate: int
    fft: int
    hop: int
    mels: int

    @classmethod
    def for_rate(cls, rate: int, mels: int, hop_ms: float) -> "Spectrogram":
        """Create a spectrogram with a window of about 64 ms; `hop_ms` is the step between frames in milliseconds."""
        return cls(rate, 2 ** round(np.log2(_WINDOW_SECONDS * rate)), max(1, round(rate * hop_ms / 1000)), mels)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> "Spectrogram":
        """Recreate the spectrogram of a field from its meta."""
        return cls(meta["rate"], meta["fft"], meta["hop"], meta["mels"])

    @property
    def meta(self) -> dict[str, Any]:
        """The meta of a field of such spectrograms."""
        return asdict(self) | {"low_db": MIN_DECIBELS, "high_db": MAX_DECIBELS}

    def frames(self, samples: int) -> int:
        """Return the number of frames of a wave with this number of samples."""
        return 1 + samples // self.hop

    @cached_property
    def filters(self) -> np.ndarray:
        """Triangular filters from 0 Hz to half the sample rate: float32 ``(mels, fft // 2 + 1)``."""
        edges = _to_hertz(np.linspace(0, _to_mel(self.rate / 2), self.mels + 2))
        hertz = np.arange(self.fft // 2 + 1) * self.rate / self.fft
        rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
        return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)

    def levels(self, waves: np.ndarray) -> np.ndarray:
        """Compute the levels of waves.

        Parameters
        ----------
        waves
            float32 ``(m, samples)`` in [-1, 1].

        Returns
        -------
        numpy.ndarray
            uint8 ``(m, 1, mels, frames)``: 0 is `MIN_DECIBELS` or less, 255 is `MAX_DECIBELS` or more.
        """
        window = np.hanning(self.fft + 1)[:-1].astype(np.float32)
        padded = np.pad(waves, ((0, 0), (self.fft // 2, self.fft // 2)))
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.fft, 1)[:, :: self.hop]  # (m, frames, fft)
        spectrum = np.fft.rfft(frames * (window * (2 / window.sum())), axis=2)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32) @ self.filters.T  # (m, frames, mels)
        decibels = 10 * np.log10(np.maximum(power, 1e-10))
        scaled = np.clip((decibels - MIN_DECIBELS) / (MAX_DECIBELS - MIN_DECIBELS), 0, 1)
        return np.rint(scaled * 255).astype(np.uint8).transpose(0, 2, 1)[:, None]

    def power(self, levels: np.ndarray) -> np.ndarray:
        """Invert `levels`: uint8 ``(m, 1, mels, frames)`` → power of the bands, float32 ``(m, mels, frames)``.

        Level 0 becomes silence (power 0).
        """
        decibels = MIN_DECIBELS + levels[:, 0].astype(np.float32) / 255 * (MAX_DECIBELS - MIN_DECIBELS)
        return np.where(levels[:, 0] == 0, 0, 10 ** (decibels / 10)).astype(np.float32)


def _to_mel(hertz: float) -> float:
    linear = hertz * 3 / 200
    if hertz < _LINEAR_LIMIT_HZ:
        return float(linear)
    return float(_LINEAR_LIMIT_HZ * 3 / 200 + np.log(hertz / _LINEAR_LIMIT_HZ) / _LOG_STEP)


def _to_hertz(mel: np.ndarray) -> np.ndarray:
    knee = _LINEAR_LIMIT_HZ * 3 / 200
    return np.where(mel < knee, mel * 200 / 3, _LINEAR_LIMIT_HZ * np.exp((np.maximum(mel, knee) - knee) * _LOG_STEP))
