"""Where the entries of a codebook lie: a map of the code vectors."""

import numpy as np

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

SEED = 0
LEAST = 16
"""Fewest entries of which UMAP makes sense."""


def code_methods(run: Run) -> list[str]:
    """Names of the projections that a map of the codes is offered with, best first."""
    return ["umap", "pca"] if len(_entries(run)) >= LEAST else ["pca"]


def code_positions(run: Run, method: str) -> np.ndarray | None:
    """float32 ``(K, 2)``: where each code lies; None where a slow method has not been asked yet, see `keep_code_positions`.

    Of a codebook whose codes are levels (FSQ), an entry is its levels.
    """
    chosen = method_of(method)
    if chosen.quick:
        return _padded(chosen.project(_entries(run), 2, SEED).xy)
    kept = cached_arrays(run, f"codes-{chosen.name}.safetensors")
    return None if kept is None else kept["xy"]


def keep_code_positions(run: Run, method: str) -> None:
    """Compute where codes lie by a slow method and keep it in the run's folder.

    Raises
    ------
    UserError
        If the run has no codebook, or one too small.
    """
    codes_of(run)
    entries = _entries(run)
    if len(entries) < LEAST:
        raise UserError(f"a codebook of {len(entries)} entries is too small for {method}", "Look at the PCA map")
    results = results_digest(run)
    xy = method_of(method).project(entries, 2, SEED).xy
    cache_arrays(run, f"codes-{method_of(method).name}.safetensors", {"xy": xy}, results)


def _entries(run: Run) -> np.ndarray:
    bottleneck = run.model.quantizer
    return np.ascontiguousarray(bottleneck.entries.numpy(), np.float32)


def _padded(xy: np.ndarray) -> np.ndarray:
    return np.pad(xy, ((0, 0), (0, max(0, 2 - xy.shape[1])))).astype(np.float32)
