"""A cache in the run folder for values that are computed once from a run's results.

Each cached value is one file, written atomically. It carries the digest of the results that it was computed from, so that
it is ignored once the run has new results.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path, write_json
from aeexplorer.training.run import Run


def results_digest(run: Run) -> str:
    """Return a digest of a run's results.

    It is the digest of ``metrics.json``, which training writes after all other results.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    UserError
        If the run has no results.
    """
    try:
        return hashlib.sha256((run.folder / "metrics.json").read_bytes()).hexdigest()[:16]
    except OSError:
        raise UserError(f"the run {run.name} has no results yet", "Wait until it has finished, or resume it") from None


def cached_tree(run: Run, name: str) -> dict[str, Any] | None:
    """Return the plain data cached under a file name, or None without an entry for the run's current results."""
    try:
        tree = orjson.loads((run.folder / name).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return tree if isinstance(tree, dict) and tree.get("results") == results_digest(run) else None


def cache_tree(run: Run, name: str, tree: Mapping[str, Any], results: str) -> None:
    """Cache plain data under a file name; `results` is the `results_digest` taken before computing it."""
    write_json(run.artefact(name), {**tree, "results": results})


def cached_arrays(run: Run, name: str) -> dict[str, np.ndarray] | None:
    """Return the arrays cached under a file name, or None without an entry for the run's current results."""
    try:
        with safe_open(run.folder / name, "numpy") as file:
            if (file.metadata() or {}).get("results") != results_digest(run):
                return None
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError):
        return None


def cache_arrays(run: Run, name: str, arrays: Mapping[str, np.ndarray], results: str) -> None:
    """Cache arrays under a file name; `results` is the `results_digest` taken before computing them."""
    with atomic_path(run.artefact(name)) as temporary:
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, temporary, {"results": results})
