"""How the pages show samples: pictures or rows, and below them what their modality shows besides."""

from collections.abc import Mapping

import numpy as np

from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured, modality_of
from aeexplorer.ui.displays.base import Display

_NONE = np.empty(0, np.int32)


def is_pictured(field: Field) -> bool:
    """Whether people see the samples of a field as pictures; otherwise they read them as rows."""
    return isinstance(modality_of(field), Pictured)


def show_besides(field: Field, samples: Mapping[str, np.ndarray], ids: np.ndarray = _NONE) -> None:
    """What the modality of a field shows besides pictures or rows, where it has something; arguments as in `Display`."""
    display = collect("aeexplorer.ui.displays", Display).get(field.modality)
    if display is not None:
        display.draw(field, ids, samples)
