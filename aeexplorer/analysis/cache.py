"""What is computed once from a run's results and kept in its folder, each in one file that is written whole."""

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
    """What tells a run's results apart from those before: ``metrics.json`` is written last of them."""
    try:
        return hashlib.sha256((run.folder / "metrics.json").read_bytes()).hexdigest()[:16]
    except OSError:
        raise UserError(f"the run {run.name} has no results yet", "Wait until it has finished, or resume it") from None


def cached_tree(run: Run, name: str) -> dict[str, Any] | None:
    """Plain data kept as ``name``, or None where there is none of the run's present results."""
    try:
        tree = orjson.loads((run.folder / name).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return tree if isinstance(tree, dict) and tree.get("results") == results_digest(run) else None


def cache_tree(run: Run, name: str, tree: Mapping[str, Any], results: str) -> None:
    """Keep plain data; `results` is the digest of what it was computed from."""
    write_json(run.artefact(name), {**tree, "results": results})


def cached_arrays(run: Run, name: str) -> dict[str, np.ndarray] | None:
    """Arrays kept as ``name``, or None where there are none of the run's present results."""
    try:
        with safe_open(run.folder / name, "numpy") as stored:
            if (stored.metadata() or {}).get("results") != results_digest(run):
                return None
            return {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError):
        return None


def cache_arrays(run: Run, name: str, arrays: Mapping[str, np.ndarray], results: str) -> None:
    """Keep arrays; `results` is the digest of what they were computed from."""
    with atomic_path(run.artefact(name)) as temporary:
        save_file({key: np.ascontiguousarray(array) for key, array in arrays.items()}, temporary, {"results": results})
