"""What hovering shows: a sample beside its reconstruction, a decoded position, what a code stands for.

Each is a PNG where the run has pictures, and otherwise the rows of a table.
"""

from collections.abc import Mapping

import numpy as np

from aeexplorer.analysis.codes.codebook import decode_entry
from aeexplorer.analysis.decoding import decode, text_rows
from aeexplorer.analysis.maps.projection import compute, projection
from aeexplorer.analysis.maps.projections import method_of, methods
from aeexplorer.analysis.maps.slices import latents_on
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.grids import pictured_field
from aeexplorer.views.pictures.pictures import pictured, png, sized, tile

SIDE = 112
"""Longer side of a picture, in pixels."""

Rows = list[tuple[str, str, str]]
"""Column, value and reconstruction, as texts."""


def sample_card(run: Run, sample: int) -> bytes | Rows:
    """A sample and its reconstruction, side by side."""
    ids = np.array([sample])
    modalities = run.model.modalities
    outputs = {name: modalities[name].restore(values) for name, values in run.reconstruct(ids)[1].items()}
    return _card(run, run.dataset.samples(ids), outputs, ids)


def decoded_card(run: Run, x: float, y: float, plane: str = "latents") -> bytes | Rows:
    """What a position on a map decodes to.

    Parameters
    ----------
    run
        A run.
    x, y
        The position.
    plane
        ``latents`` (where there are two), ``pca``, or another map that has been made, a slice's too. Where its positions
        have no latent of their own, it is the mean of the nearest samples' that is decoded.

    Raises
    ------
    UserError
        If there is no such map.
    """
    return _card(run, None, decode(run, plane_latents(run, np.array([[x, y]], np.float32), plane)))


def code_card(run: Run, code: int) -> bytes | Rows:
    """What an entry of the codebook stands for."""
    return _card(run, None, {name: sample[None] for name, sample in decode_entry(run, code).items()})


def plane_latents(run: Run, positions: np.ndarray, plane: str) -> np.ndarray:
    """The latents float32 ``(m, d)`` of positions ``(m, 2)`` on a map; `plane` and errors as in `decoded_card`."""
    if plane == "latents":
        size = run.model.bottleneck.latent_dim
        if size != 2:
            raise UserError(f"this latent space has {size} dimensions, not two", "Ask for a position on the map plane=pca")
        return positions
    made = compute(run, plane) if plane in methods() and method_of(plane).quick else projection(run, plane)
    if made is None:
        raise UserError(f"there is no {plane} map yet", "Ask for a position on the map plane=pca")
    return latents_on(run, made, positions)


def _card(
    run: Run, inputs: Mapping[str, np.ndarray] | None, outputs: Mapping[str, np.ndarray], ids: np.ndarray | None = None
) -> bytes | Rows:
    """One sample, ``{field: (1, *shape)}``, with its input where it has one, and its id then."""
    modalities = run.model.modalities
    about = pictured_field(run)
    if about is not None:
        shown = [] if inputs is None else [pictured(about, inputs[about.name], ids)]
        pictures = np.concatenate([*shown, pictured(about, outputs[about.name])])
        return png(tile(sized(pictures, SIDE), len(pictures)))
    field = next(iter(modalities))
    decoded = text_rows(run, field, outputs)[0]
    known = [("", "")] * len(decoded) if inputs is None else text_rows(run, field, inputs)[0]
    return [(name, value, output) for (name, output), (_, value) in zip(decoded, known, strict=True)]
