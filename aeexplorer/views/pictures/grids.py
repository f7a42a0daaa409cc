"""Grids of decoded pictures as one PNG."""

import numpy as np

from aeexplorer.analysis.decoding import decode_quickly
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import mosaic, pictured, sized
from aeexplorer.views.pictures.png import encode

CRISP = 32
"""Pictures with a side below that are magnified: browsers would blur them."""
GREY = 128


def pictured_field(run: Run) -> Field | None:
    """The first field whose samples people see as pictures, or None."""
    fields = run.dataset.fields
    return next((fields[name] for name, m in run.model.modalities.items() if isinstance(m, Pictured)), None)


def ground_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """As `grid_png`, to lie below points: small pictures crisp, and grey ones as ink on no ground, on any theme."""
    field = pictured_field(run)
    assert field is not None
    pictures = pictured(field, decode_quickly(run, latents)[field.name])
    pixels = mosaic(sized(pictures, CRISP) if max(pictures.shape[1:3]) < CRISP else pictures, columns)
    if field.modality != "image" or field.shape[0] != 1:
        return encode(pixels)
    ink = pixels[..., 0]
    edges = np.concatenate([pictures[:, [0, -1], :, 0].ravel(), pictures[:, :, [0, -1], 0].ravel()])
    opacity = ink if np.median(edges) < 128 else 255 - ink
    return encode(np.stack([np.full_like(ink, GREY), opacity], 2))


def grid_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """Latents ``(rows·columns, d)``, row by row, each decoded: the pictures edge to edge, of the first pictured field."""
    field = pictured_field(run)
    assert field is not None
    return encode(mosaic(pictured(field, decode_quickly(run, latents)[field.name]), columns))
