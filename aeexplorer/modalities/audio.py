"""Sounds as log-mel spectrograms: uint8 ``(1, bands, frames)``, the lowest band first, 0 for the quietest level."""

import numpy as np

from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.modalities._planes import Planes

GRIFFIN_LIM_ITERATIONS = 32
PEAK_AMPLITUDE = 0.5
"""Largest amplitude of a reconstructed sound wave, within [−1, 1]."""


class Audio(Planes):
    """Spectrograms. The field's metadata says how they were computed from waves (see `aeexplorer.data.spectrogram`)."""

    name = "audio"

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Draw spectrograms with low frequencies at the bottom and time to the right; dark is quiet, bright is loud."""
        levels = np.asarray(raw)[:, 0, ::-1]
        return _MAGMA[levels if levels.dtype == np.uint8 else np.rint(np.clip(levels, 0, 1) * 255).astype(np.uint8)]

    def difference_images(self, difference: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(difference[:, 0, ::-1])

    def arrange_codes(self, grid: np.ndarray) -> np.ndarray:
        """Flip codes ``(bands, frames)`` so that the lowest bands are at the bottom. Codes along time alone stay unchanged."""
        return grid[::-1] if grid.ndim == 2 else grid

    def to_waveforms(self, raw: np.ndarray) -> tuple[np.ndarray, int]:
        """Reconstruct sound waves from stored spectrograms.

        The mel bands are mapped back to frequencies. A spectrogram does not store phases: they are estimated with the
        algorithm of Griffin & Lim (1984, IEEE TASSP 32:236), in the fast version of Perraudin et al. (2013).

        Parameters
        ----------
        raw
            Stored samples ``(m, 1, bands, frames)``.

        Returns
        -------
        tuple of numpy.ndarray and int
            Waves, float32 ``(m, samples)``, all with the same peak amplitude, and the sample rate in Hz.
        """
        import librosa

        spectrogram = Spectrogram.from_meta(self.field.meta)
        power = np.maximum(np.linalg.pinv(spectrogram.filters) @ spectrogram.power(np.asarray(raw)), 0)
        waves = librosa.griffinlim(
            np.sqrt(power),
            n_iter=GRIFFIN_LIM_ITERATIONS,
            hop_length=spectrogram.hop,
            n_fft=spectrogram.fft,
            random_state=0,
        )
        peaks = np.abs(waves).max(1, keepdims=True)
        return (waves * (PEAK_AMPLITUDE / np.maximum(peaks, 1e-6))).astype(np.float32), spectrogram.rate


def _magma_table() -> np.ndarray:
    """Return 256 colours, uint8 ``(256, 3)``: matplotlib's magma (Smith & van der Walt 2015), interpolated between stops."""
    stops = np.array(
        [
            *((0, 0, 4), (21, 14, 55), (59, 15, 112), (101, 26, 128), (140, 41, 129)),
            *((183, 55, 121), (222, 73, 104), (247, 112, 92), (254, 159, 109), (254, 207, 146), (252, 253, 191)),
        ]
    )
    positions = np.linspace(0, 255, len(stops))
    return np.stack([np.interp(np.arange(256), positions, stops[:, i]) for i in range(3)], 1).round().astype(np.uint8)


_MAGMA = _magma_table()
