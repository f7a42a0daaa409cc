"""Displays of samples: pictures or rows, and below them the display of their modality."""

from collections.abc import Mapping

import numpy as np

from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.ui.displays.base import Display

_NO_IDS = np.empty(0, np.int32)


def is_pictured(field: Field) -> bool:
    """Whether the samples of a field are shown as pictures. Other samples are shown as rows of text."""
    return isinstance(modality_of(field), Pictured)


def show_besides(field: Field, samples: Mapping[str, np.ndarray], ids: np.ndarray = _NO_IDS) -> None:
    """Draw the display of a field's modality, if it has one, below its pictures or rows. See `Display` for the arguments."""
    display = collect("aeexplorer.ui.displays", Display).get(field.modality)
    if display is not None:
        display.draw(field, ids, samples)
