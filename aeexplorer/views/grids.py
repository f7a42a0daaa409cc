"""Grids of decoded pictures as one PNG."""

import numpy as np

from aeexplorer.analysis.decoding import decode_quickly
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured
from aeexplorer.training.run import Run
from aeexplorer.views.pictures import mosaic, pictured
from aeexplorer.views.png import encode


def pictured_field(run: Run) -> Field | None:
    """The first field whose samples people see as pictures, or None."""
    fields = run.dataset.fields
    return next((fields[name] for name, m in run.model.modalities.items() if isinstance(m, Pictured)), None)


def grid_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """Latents ``(rows·columns, d)``, row by row, each decoded: the pictures edge to edge, of the first pictured field."""
    field = pictured_field(run)
    assert field is not None
    return encode(mosaic(pictured(field, decode_quickly(run, latents)[field.name]), columns))
