"""Which slices a run offers, and what lies at a position of any map."""

import numpy as np

from aeexplorer.analysis.latents.dimensions import latent_dimensions
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import along, numbers_of
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

AVERAGED = 5
"""Samples whose latents are averaged where a map's positions have no latent of their own."""
_LOOKED_AT = 2_000


def leading_dimensions(run: Run) -> np.ndarray:
    """Latent dimensions, those that carry most first: by KL where it is known, else by variance; int64 ``(d,)``."""
    try:
        return latent_dimensions(run).order
    except UserError:  # a codebook's
        return np.argsort(-run.latents(sample_ids(run.dataset, _LOOKED_AT)).var(0), kind="stable")


def first_slice(run: Run) -> str:
    """The slice along the two latents that carry most; empty where there are no more than two."""
    leading = leading_dimensions(run)
    return along(int(leading[0]), int(leading[1])) if len(leading) > 2 else ""


def slice_fits(run: Run, name: str, size: int) -> bool:
    """Whether a name is that of a slice through the run's latents, of which there are `size`."""
    numbers = numbers_of(name)
    return bool(numbers) and size > 2 and max(numbers) < (size if len(numbers) == 2 else run.dataset.n)


def latents_on(run: Run, made: Projection, positions: np.ndarray) -> np.ndarray:
    """The latents float32 ``(m, d)`` that stand for positions ``(m, 2)`` on a map.

    On a plane through the latent space exactly those; elsewhere the mean of the latents of the five samples nearest on the
    map, weighted by one over their distance, so that a sample's own position has its own latent.
    """
    if made.plane is not None:
        return made.latents_at(positions)
    rows, distances = nearest(positions, made.xy, min(AVERAGED, len(made.ids)))
    weights = 1 / np.maximum(distances, 1e-9 * max(1.0, float(np.abs(made.xy).max())))
    weights /= weights.sum(1, keepdims=True)
    latents = run.latents(made.ids[rows.ravel()]).reshape(*rows.shape, -1)
    return np.einsum("mk,mkd->md", weights, latents).astype(np.float32)
