"""Sound files as samples of sounds: converted to the sample rate, length and spectrogram of the field."""

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member


def _read(member: Member, field: Field) -> np.ndarray:
    from aeexplorer.data.readers.sounds.audio import AudioReader
    from aeexplorer.data.spectrogram import Spectrogram

    spectrogram = Spectrogram.from_meta(field.meta)
    length = _wave_length(spectrogram.rate, spectrogram.hop, field.shape[2])
    return spectrogram.levels(AudioReader(spectrogram.rate, length).read(member)[None])


def _wave_length(rate: int, hop: int, frames: int) -> int:
    """Return a length, in samples, of waves with this number of frames: whole hundredths of a second if possible."""
    shortest = (frames - 1) * hop
    hundredth = rate / 100
    rounded = round(-(-shortest // hundredth) * hundredth)
    return rounded if rounded < shortest + hop else shortest


FITTER = Fitter(
    "audio",
    "WAV, FLAC or OGG sounds",
    ("wav", "flac", "ogg", "oga", "opus"),
    lambda field: {"rate", "fft", "hop", "mels"} <= field.meta.keys(),
    _read,
)
