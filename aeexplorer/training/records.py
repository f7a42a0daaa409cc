"""The records of a run's folder: ``run.json``, ``metrics.json`` and the arrays of results, checked as they are read.

This module does not import torch, so that the confined process that reads run files can use it.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from aeexplorer.core.errors import reason_of
from aeexplorer.core.formats import Format, Migration, read_record
from aeexplorer.core.workspace import read_json
from aeexplorer.data.records import read_checked_array
from aeexplorer.training.events import nan_for_null

SETTINGS_MIGRATIONS: tuple[Migration, ...] = ()
"""Functions from the plain settings of a run (`RunConfig`) of one format to those of the next. See CONTRIBUTING."""


def _migrate(step: Migration, record: dict[str, Any]) -> dict[str, Any]:
    return record | {"config": step(record["config"])}


RUN_FORMAT = Format("run", tuple(partial(_migrate, step) for step in SETTINGS_MIGRATIONS))
"""Format of ``run.json``."""

RESULTS = ("metrics.json", "errors.npy", "latents.npy", "codes.npy")
"""Names of the files that hold the results of a run; a run has latents or codes."""
_CHUNK_NUMBERS = 1 << 22
_MAX_DEPTH = 8
Seconds = Annotated[float, Field(ge=0, le=9e9)]
"""Seconds, at most those from 1970 to the year 2255."""
Number = int | float


class RunRecord(BaseModel):
    """Content of ``run.json``."""

    model_config = ConfigDict(strict=True, extra="ignore")
    name: Annotated[str, Field(min_length=1, max_length=500)]
    preset: Annotated[str, Field(max_length=200)]
    created: Seconds
    config: dict[str, Any]


class _Figures(BaseModel):
    """Metrics of one split, or of PCA. Further entries are plain data."""

    model_config = ConfigDict(strict=True, extra="allow")
    mse: float
    elbo: float = 0
    active_units: float = 0
    codebook_usage: float = 0
    perplexity: float = 0
    latent_variance: list[Number] = []
    kl_per_dimension: list[Number] = []
    usage: list[Number] = []


class _Baseline(_Figures):
    components: Annotated[int, Field(ge=0)]


class Metrics(BaseModel):
    """Content of ``metrics.json``. Further entries are plain data."""

    model_config = ConfigDict(strict=True, extra="allow")
    state: str = "finished"
    seconds: Seconds
    cpu_seconds: Seconds
    samples_per_second: float
    device: str
    pca: _Baseline
    health: dict[str, Number] = {}
    train: _Figures | None = None
    validation: _Figures | None = None
    test: _Figures | None = None


def read_run_record(folder: Path) -> dict[str, Any]:
    """Read the ``run.json`` of a run's folder.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote it.
    OSError, ValueError
        If it is missing, cannot be read, or is no such record.
    """
    return read_record(folder / "run.json", RUN_FORMAT, RunRecord)


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read the ``metrics.json`` of a run's folder; numbers that were not finite are NaN.

    Raises
    ------
    OSError, ValueError
        If it is missing, cannot be read, or has no metrics.
    """
    tree = read_json(folder / "metrics.json")
    if not isinstance(tree, dict):
        raise ValueError("metrics.json holds no metrics")
    _require_shallow(tree)
    metrics: dict[str, Any] = nan_for_null(tree)
    try:
        Metrics.model_validate(metrics)
    except ValueError as error:
        raise ValueError(f"metrics.json, {reason_of(error)}") from None
    if not {"train", "validation", "test"} & metrics.keys():
        raise ValueError("metrics.json has no metrics of any split")
    return metrics


def check_results(folder: Path, n: int, deep: bool = False) -> None:
    """Check the metrics and arrays of a finished run against the number of samples.

    Parameters
    ----------
    folder
        Folder of the run.
    n
        Number of samples in its dataset.
    deep
        Whether to read all numbers: they must be finite, and codes not negative. Else only metrics and headers are read.

    Raises
    ------
    OSError, ValueError
        If a file is missing, cannot be read or does not fit. The message names it.
    """
    read_metrics(folder)
    arrays = [read_checked_array(folder / "errors.npy", "float32", (n,))]
    if (folder / "codes.npy").exists():
        codes = read_checked_array(folder / "codes.npy", "int32", (n, None))
        if deep and any(chunk.min() < 0 for chunk in _chunks(codes)):
            raise ValueError("codes.npy has negative entries")
    else:
        arrays.append(read_checked_array(folder / "latents.npy", "float32", (n, None)))
    for array, name in zip(arrays, ("errors.npy", "latents.npy"), strict=False):
        if deep and not all(np.isfinite(chunk).all() for chunk in _chunks(array)):
            raise ValueError(f"{name} has numbers that are not finite")


def _chunks(array: np.ndarray) -> Iterator[np.ndarray]:
    """Iterate over parts of an array that fit into memory."""
    flat = array.reshape(-1)
    for start in range(0, len(flat), _CHUNK_NUMBERS):
        yield flat[start : start + _CHUNK_NUMBERS]


def _require_shallow(tree: Any, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise ValueError(f"metrics.json is nested more than {_MAX_DEPTH} deep")
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        _require_shallow(value, depth + 1)
