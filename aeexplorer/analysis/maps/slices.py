"""Slices that a run offers, and the latents of positions on any map."""

import numpy as np

from aeexplorer.analysis.latents.dimensions import latent_dimensions
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.maps.projections import slice_along_latents, slice_numbers
from aeexplorer.analysis.neighbours import nearest
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

AVERAGED_NEIGHBOURS = 5
"""Number of samples whose latents are averaged where positions of a map have no latent of their own."""
_VARIANCE_SAMPLES = 2_000
"""Largest number of samples that the variance of the latents is computed from."""


def leading_dimensions(run: Run) -> np.ndarray:
    """Rank the latent dimensions, the most informative first: by KL divergence if known, else by variance.

    Returns
    -------
    numpy.ndarray
        int64 ``(d,)``.
    """
    try:
        return latent_dimensions(run).order
    except UserError:  # a codebook has no figures per dimension
        return np.argsort(-run.latents(sample_ids(run.dataset, _VARIANCE_SAMPLES)).var(0), kind="stable")


def default_slice(run: Run) -> str:
    """Return the name of the slice along the two leading latents; empty if the run has no more than two."""
    leading = leading_dimensions(run)
    return slice_along_latents(int(leading[0]), int(leading[1])) if len(leading) > 2 else ""


def slice_fits(run: Run, name: str, size: int) -> bool:
    """Return whether a name is that of a slice through the run's latents, which have `size` dimensions."""
    numbers = slice_numbers(name)
    return bool(numbers) and size > 2 and max(numbers) < (size if len(numbers) == 2 else run.dataset.n)


def latents_at_positions(run: Run, projection: Projection, positions: np.ndarray) -> np.ndarray:
    """Return a latent for each position on a map.

    On a plane through the latent space the latents are exact. On any other map, a latent is the mean over the five
    samples nearest on the map, weighted by the inverse distance, so that the position of a sample has the sample's latent.

    Parameters
    ----------
    run, projection
        A run and a map of it.
    positions
        ``(m, 2)``.

    Returns
    -------
    numpy.ndarray
        float32 ``(m, d)``.
    """
    if projection.plane is not None:
        return projection.latents_at(positions)
    rows, distances = nearest(positions, projection.xy, min(AVERAGED_NEIGHBOURS, len(projection.ids)))
    weights = 1 / np.maximum(distances, 1e-9 * max(1.0, float(np.abs(projection.xy).max())))
    weights /= weights.sum(1, keepdims=True)
    latents = run.latents(projection.ids[rows.ravel()]).reshape(*rows.shape, -1)  # (m, k, d)
    return np.einsum("mk,mkd->md", weights, latents).astype(np.float32)
