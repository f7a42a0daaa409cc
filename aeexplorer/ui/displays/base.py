"""What a modality's own display is. One module of this folder a modality; each that has one offers one `Display`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field


@dataclass(frozen=True)
class Display:
    """What is shown of samples below their pictures or rows: players, curves, marked words.

    Parameters
    ----------
    name
        Of the modality.
    draw
        Called with the field, the samples' ids (empty for decoded ones), and the samples ``(m, *shape)`` by what they
        are (Input, Reconstruction, Draw, …); shows the first few, side by side.
    """

    name: str
    draw: Callable[[Field, np.ndarray, Mapping[str, np.ndarray]], None]
