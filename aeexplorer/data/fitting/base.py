"""What a fitter is. One module of this folder a modality; each offers one `Fitter`. Its `read` runs in the confined child."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.uploads.members import Member


@dataclass(frozen=True)
class Fitter:
    """Reads files as further samples of a field.

    Parameters
    ----------
    name
        Of the modality.
    reads
        The files it takes, for people.
    suffixes
        Their usual endings.
    fits
        Whether files can become samples of this field.
    read
        One file → the samples in it, ``(m, *shape)`` of the field's dtype; raises `UploadRejected`.
    """

    name: str
    reads: str
    suffixes: tuple[str, ...]
    fits: Callable[[Field], bool]
    read: Callable[[Member, Field], np.ndarray]
