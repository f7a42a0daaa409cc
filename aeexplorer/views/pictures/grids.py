"""Grids of decoded pictures as one PNG."""

import numpy as np

from aeexplorer.analysis.decoding import decode_quickly
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.base import Pictured
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.pictures import field_pictures, mosaic, resize_pictures
from aeexplorer.views.pictures.png import encode_png

MIN_CRISP_SIDE = 32
"""Side in pixels below which pictures are magnified, because browsers would blur them."""
GREY = 128
"""Grey level of the ink of grey pictures."""


def pictured_field(run: Run) -> Field | None:
    """Return the first field whose samples are shown as pictures, or None."""
    fields = run.dataset.fields
    return next((fields[name] for name, m in run.model.modalities.items() if isinstance(m, Pictured)), None)


def background_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """Encode a grid of decoded pictures to lie below the points of a map; see `grid_png`.

    Small pictures are magnified. Grey pictures become grey ink on a transparent background, so that they suit any theme.
    """
    field = pictured_field(run)
    assert field is not None
    pictures = field_pictures(field, decode_quickly(run, latents)[field.name])
    pixels = mosaic(resize_pictures(pictures, MIN_CRISP_SIDE) if max(pictures.shape[1:3]) < MIN_CRISP_SIDE else pictures, columns)
    if field.modality != "image" or field.shape[0] != 1:
        return encode_png(pixels)
    ink = pixels[..., 0]
    edges = np.concatenate([pictures[:, [0, -1], :, 0].ravel(), pictures[:, :, [0, -1], 0].ravel()])
    opacity = ink if np.median(edges) < 128 else 255 - ink
    return encode_png(np.stack([np.full_like(ink, GREY), opacity], 2))


def grid_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """Decode latents ``(rows·columns, d)`` and encode a grid of the pictures, row by row and edge to edge.

    The pictures are those of the first field that has pictures.
    """
    field = pictured_field(run)
    assert field is not None
    return encode_png(mosaic(field_pictures(field, decode_quickly(run, latents)[field.name]), columns))
