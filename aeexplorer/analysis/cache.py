"""A cache in the run folder for values that are computed once from a run's results.

Each cached value is one file, written atomically. It carries the digest of the results that it was computed from, so that
it is ignored once the run has new results.

While the disk is full, values go to a spare folder in memory, which the server and its background processes share.
"""

import atexit
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from aeexplorer.core.disk import DiskFull
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path
from aeexplorer.training.run import Run

SPARE_VARIABLE = "AEEXPLORER_SPARE_CACHE"
"""Environment variable with the spare folder; child processes inherit it."""
_MEMORY = Path("/dev/shm")


def provide_spare_folder() -> None:
    """Name the spare folder of this process and its children, in memory where possible.

    It is created when it is first needed, and removed at the end.
    """
    if SPARE_VARIABLE not in os.environ:
        parent = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
        folder = str(parent / f"aeexplorer-{secrets.token_hex(16)}")
        os.environ[SPARE_VARIABLE] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def cached_path(run: Run, name: str) -> Path:
    """Return the path of a cached file: in the run folder, or in the spare folder if it is not there."""
    path, spare = run.folder / name, _spare_path(run, name)
    return path if spare is None or path.exists() else spare


def write_cached(run: Run, name: str, write: Callable[[Path], object]) -> None:
    """Write a cached file atomically: to the run folder, or while the disk is full to the spare folder.

    Parameters
    ----------
    run, name
        The run, and the name of the file in its folder.
    write
        Writes the content to a path.

    Raises
    ------
    DiskFull
        If it fits nowhere.
    """
    try:
        with atomic_path(run.artefact(name)) as temporary:
            write(temporary)
    except DiskFull:
        spare = _spare_path(run, name)
        if spare is None:
            raise
        Path(os.environ[SPARE_VARIABLE]).mkdir(mode=0o700, exist_ok=True)
        spare.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(spare) as temporary:
            write(temporary)
        (run.folder / name).unlink(missing_ok=True)  # it was of earlier results


def _spare_path(run: Run, name: str) -> Path | None:
    folder = os.environ.get(SPARE_VARIABLE)
    return Path(folder) / run.id / name if folder else None


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
        tree = orjson.loads(cached_path(run, name).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return tree if isinstance(tree, dict) and tree.get("results") == results_digest(run) else None


def cache_tree(run: Run, name: str, tree: Mapping[str, Any], results: str) -> None:
    """Cache plain data under a file name; `results` is the `results_digest` taken before computing it."""
    content = orjson.dumps({**tree, "results": results}, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    write_cached(run, name, lambda path: path.write_bytes(content))


def cached_arrays(run: Run, name: str) -> dict[str, np.ndarray] | None:
    """Return the arrays cached under a file name, or None without an entry for the run's current results."""
    try:
        with safe_open(cached_path(run, name), "numpy") as file:
            if (file.metadata() or {}).get("results") != results_digest(run):
                return None
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError):
        return None


def cache_arrays(run: Run, name: str, arrays: Mapping[str, np.ndarray], results: str) -> None:
    """Cache arrays under a file name; `results` is the `results_digest` taken before computing them."""
    tensors = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
    write_cached(run, name, lambda path: save_file(tensors, path, {"results": results}))
