"""What an entry is. One module of this folder a modality; each offers one `SampleInput`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.ui.session.user_samples import UserSamples


@dataclass(frozen=True)
class SampleInput:
    """How samples of one modality come in by hand.

    Parameters
    ----------
    name
        Of the modality.
    draw
        Draws its widgets; their callbacks bring user_samples to the user_samples.
    narrow
        Whether it leaves room for the result beside it.
    start
        Takes a stored sample ``(*shape)`` to start from, into the widgets; for callbacks. None where there is no such thing.
    """

    name: str
    draw: Callable[[UserSamples, Field], None]
    narrow: bool = False
    start: Callable[[UserSamples, Field, np.ndarray], None] | None = None
