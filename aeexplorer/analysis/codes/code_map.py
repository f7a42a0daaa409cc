"""Map of the entries of a codebook."""

import numpy as np

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

SEED = 0
MIN_UMAP_ENTRIES = 16
"""Number of entries from which a map by UMAP is offered."""


def code_methods(run: Run) -> list[str]:
    """List the projections that are offered for a map of the codes, best first."""
    return ["umap", "pca"] if len(_entries(run)) >= MIN_UMAP_ENTRIES else ["pca"]


def code_positions(run: Run, method: str) -> np.ndarray | None:
    """Return the positions of the codebook entries on a map.

    In a codebook of levels (FSQ), an entry is the vector of its levels.

    Returns
    -------
    numpy.ndarray or None
        Positions float32 ``(K, 2)``; None if a slow method has not been computed yet, see `cache_code_positions`.
    """
    chosen = method_of(method)
    if chosen.quick:
        return _pad_to_plane(chosen.project(_entries(run), 2, SEED).xy)
    arrays = cached_arrays(run, f"codes-{chosen.name}.safetensors")
    return None if arrays is None else arrays["xy"]


def cache_code_positions(run: Run, method: str) -> None:
    """Compute the positions of the entries with a slow method and store them in the run's folder.

    Raises
    ------
    UserError
        If the run has no codebook, or if the codebook is too small.
    """
    codes_of(run)
    entries = _entries(run)
    if len(entries) < MIN_UMAP_ENTRIES:
        raise UserError(f"a codebook of {len(entries)} entries is too small for {method}", "Use the PCA map")
    results = results_digest(run)
    xy = method_of(method).project(entries, 2, SEED).xy
    cache_arrays(run, f"codes-{method_of(method).name}.safetensors", {"xy": xy}, results)


def _entries(run: Run) -> np.ndarray:
    bottleneck = run.model.quantizer
    return np.ascontiguousarray(bottleneck.entries.numpy(), np.float32)


def _pad_to_plane(xy: np.ndarray) -> np.ndarray:
    """Pad positions ``(K, 1)`` with zeros to ``(K, 2)``."""
    return np.pad(xy, ((0, 0), (0, max(0, 2 - xy.shape[1])))).astype(np.float32)
