"""Definition of an input for user samples. Each module of this folder defines one `SampleInput`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.ui.session.user_samples import UserSamples


@dataclass(frozen=True)
class SampleInput:
    """Input for user samples of one modality.

    Parameters
    ----------
    name
        Name of the modality.
    draw
        Draw the widgets for a field. Their callbacks add samples to the user samples.
    narrow
        Whether the widgets are narrow, so that the result has room beside them.
    start
        Fill the widgets with a stored sample ``(*shape)``; called in callbacks. None if the widgets cannot show a sample.
    """

    name: str
    draw: Callable[[UserSamples, Field], None]
    narrow: bool = False
    start: Callable[[UserSamples, Field, np.ndarray], None] | None = None
