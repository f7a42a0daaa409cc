"""Sounds as log-mel spectrograms: uint8 ``(1, bands, frames)``, the lowest band first, 0 the quietest level that is kept."""

import numpy as np

from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.modalities._planes import Planes

ROUNDS = 32
PEAK = 0.5
"""Largest amplitude of a sound that is made audible."""


class Audio(Planes):
    """Spectrograms; the field's meta says how they were made of waves, see `aeexplorer.data.spectrogram`."""

    name = "audio"

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Low frequencies at the bottom, time to the right; dark is quiet, bright is loud."""
        levels = np.asarray(raw)[:, 0, ::-1]
        return _MAGMA[levels if levels.dtype == np.uint8 else np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8)]

    def gaps(self, difference: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(difference[:, 0, ::-1])

    def codes(self, grid: np.ndarray) -> np.ndarray:
        """Codes ``(bands, frames)`` with those of the lowest bands at the bottom; as given where they lie along time only."""
        return grid[::-1] if grid.ndim == 2 else grid

    def waves(self, raw: np.ndarray) -> tuple[np.ndarray, int]:
        """Stored spectrograms → sounds, float32 ``(m, samples)`` of one loudness each, and their samples a second.

        The bands are laid back over the frequencies, and the phases that the spectrogram leaves open are found by the
        algorithm of Griffin & Lim (1984, IEEE TASSP 32:236), fast as in Perraudin et al. (2013).
        """
        import librosa

        made = Spectrogram.from_meta(self.field.meta)
        power = np.maximum(np.linalg.pinv(made.filters) @ made.power(np.asarray(raw)), 0)
        waves = librosa.griffinlim(np.sqrt(power), n_iter=ROUNDS, hop_length=made.hop, n_fft=made.fft, random_state=0)
        peaks = np.abs(waves).max(1, keepdims=True)
        return (waves * (PEAK / np.maximum(peaks, 1e-6))).astype(np.float32), made.rate


def _scale() -> np.ndarray:
    """uint8 ``(256, 3)``: matplotlib's magma between a few of its colours (Smith & van der Walt 2015), evenly lighter."""
    stops = np.array(
        [
            *((0, 0, 4), (21, 14, 55), (59, 15, 112), (101, 26, 128), (140, 41, 129)),
            *((183, 55, 121), (222, 73, 104), (247, 112, 92), (254, 159, 109), (254, 207, 146), (252, 253, 191)),
        ]
    )
    places = np.linspace(0, 255, len(stops))
    return np.stack([np.interp(np.arange(256), places, stops[:, i]) for i in range(3)], 1).round().astype(np.uint8)


_MAGMA = _scale()
