"""Cards that appear when hovering: a sample and its reconstruction, a decoded position, a decoded code.

A card is a PNG if the run has pictures, and otherwise the rows of a table.
"""

from collections.abc import Mapping

import numpy as np

from aeexplorer.analysis.codes.codebook import decode_entry
from aeexplorer.analysis.decoding import decode, text_rows
from aeexplorer.analysis.maps.projection import cached_projection, compute_projection
from aeexplorer.analysis.maps.projections import method_of, methods
from aeexplorer.analysis.maps.slices import latents_at_positions
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.grids import pictured_field
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile

SIDE = 112
"""Longer side of a picture, in pixels."""

Rows = list[tuple[str, str, str]]
"""Rows of a table: column, value and reconstruction, as texts."""


def sample_card(run: Run, sample: int) -> bytes | Rows:
    """Return the card of a sample and its reconstruction, side by side."""
    ids = np.array([sample])
    modalities = run.model.modalities
    outputs = {name: modalities[name].restore(values) for name, values in run.reconstruct(ids)[1].items()}
    return _card(run, run.dataset.samples(ids), outputs, ids)


def decoded_card(run: Run, x: float, y: float, plane: str = "latents") -> bytes | Rows:
    """Return the card of a decoded position on a map.

    Parameters
    ----------
    run
        Run whose decoder is used.
    x, y
        Position on the map.
    plane
        Name of the map: ``latents`` if there are two, ``pca``, or another map that is already computed, including slices. If
        positions on the map have no latent, the mean latent of the nearest samples is decoded.

    Raises
    ------
    UserError
        If the map does not exist.
    """
    return _card(run, None, decode(run, plane_latents(run, np.array([[x, y]], np.float32), plane)))


def code_card(run: Run, code: int) -> bytes | Rows:
    """Return the card of a decoded code."""
    return _card(run, None, {name: sample[None] for name, sample in decode_entry(run, code).items()})


def plane_latents(run: Run, positions: np.ndarray, plane: str) -> np.ndarray:
    """Return the latents, float32 ``(m, d)``, of positions ``(m, 2)`` on a map. See `decoded_card` for `plane` and errors."""
    if plane == "latents":
        size = run.model.bottleneck.latent_dim
        if size != 2:
            raise UserError(f"this latent space has {size} dimensions, not two", "Use plane=pca")
        return positions
    is_quick = plane in methods() and method_of(plane).quick
    projection = compute_projection(run, plane) if is_quick else cached_projection(run, plane)
    if projection is None:
        raise UserError(f"there is no {plane} map yet", "Open this map in Explore first, or use plane=pca")
    return latents_at_positions(run, projection, positions)


def _card(
    run: Run, inputs: Mapping[str, np.ndarray] | None, outputs: Mapping[str, np.ndarray], ids: np.ndarray | None = None
) -> bytes | Rows:
    """Return the card of one sample, ``{field: (1, *shape)}``, with its input and id if there is an input."""
    modalities = run.model.modalities
    pictured = pictured_field(run)
    if pictured is not None:
        given = [] if inputs is None else [field_pictures(pictured, inputs[pictured.name], ids)]
        pictures = np.concatenate([*given, field_pictures(pictured, outputs[pictured.name])])
        return png_bytes(tile(resize_pictures(pictures, SIDE), len(pictures)))
    field = next(iter(modalities))
    decoded = text_rows(run, field, outputs)[0]
    values = [("", "")] * len(decoded) if inputs is None else text_rows(run, field, inputs)[0]
    return [(name, value, output) for (name, output), (_, value) in zip(decoded, values, strict=True)]
