"""Base of the displays. Each modality with a display of its own has a module in this folder that defines one `Display`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from aeexplorer.data.dataset import Field


@dataclass(frozen=True)
class Display:
    """Display of samples below their pictures or rows: players, curves or marked words.

    Parameters
    ----------
    name
        Name of the modality.
    draw
        Function that draws the first few samples side by side. Its arguments are the field, the ids of the samples (empty for
        decoded samples), and the stored samples ``(m, *shape)`` by their role (Input, Reconstruction, Draw, …).
    """

    name: str
    draw: Callable[[Field, np.ndarray, Mapping[str, np.ndarray]], None]
