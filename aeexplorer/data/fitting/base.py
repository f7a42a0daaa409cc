"""Base of the fitters. Each public module of this folder defines one `Fitter`, for one modality."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.data.uploads.members import Member


@dataclass(frozen=True)
class Fitter:
    """Reader of files as additional samples of a field.

    Parameters
    ----------
    name
        Name of the modality.
    reads
        Description of the accepted files, for users.
    suffixes
        Usual extensions of these files, without the dot.
    fits
        Returns whether files can become samples of a field.
    read
        Returns the samples in a file, ``(m, *shape)`` of the dtype of the field. Runs in the confined child process. Raises
        `UploadRejected` if it cannot read the file.
    """

    name: str
    reads: str
    suffixes: tuple[str, ...]
    fits: Callable[[Field], bool]
    read: Callable[[Member, Field], np.ndarray]
