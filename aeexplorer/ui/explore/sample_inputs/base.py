"""What an entry is. One module of this folder a modality; each offers one `Entry`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.ui.session.user_samples import Desk


@dataclass(frozen=True)
class Entry:
    """How samples of one modality come in by hand.

    Parameters
    ----------
    name
        Of the modality.
    draw
        Draws its widgets; their callbacks bring guests to the desk.
    narrow
        Whether it leaves room for the result beside it.
    start
        Takes a stored sample ``(*shape)`` to start from, into the widgets; for callbacks. None where there is no such thing.
    """

    name: str
    draw: Callable[[Desk, Field], None]
    narrow: bool = False
    start: Callable[[Desk, Field, np.ndarray], None] | None = None
