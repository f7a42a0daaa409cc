"""Sound files as samples of sounds: brought to the dataset's rate and length, made its kind of spectrogram."""

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.base import Fitter
from aeexplorer.data.uploads.members import Member


def _read(member: Member, field: Field) -> np.ndarray:
    from aeexplorer.data.readers.sound import Reader
    from aeexplorer.data.spectrogram import Spectrogram

    made = Spectrogram.from_meta(field.meta)
    return made.levels(Reader(made.rate, _samples(made.rate, made.hop, field.shape[2])).read(member)[None])


def _samples(rate: int, hop: int, frames: int) -> int:
    """The length of waves with so many frames; of those that have, the first of whole hundredths of a second."""
    least = (frames - 1) * hop
    hundredth = rate / 100
    even = round(-(-least // hundredth) * hundredth)
    return even if even < least + hop else least


FITTER = Fitter(
    "audio",
    "WAV, FLAC or OGG sounds",
    ("wav", "flac", "ogg", "oga", "opus"),
    lambda field: {"rate", "fft", "hop", "mels"} <= field.meta.keys(),
    _read,
)
