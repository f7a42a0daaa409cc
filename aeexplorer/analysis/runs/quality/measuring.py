"""Compute the metrics of a run once, store them in its folder, and read them back."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError

from aeexplorer.analysis.cache import cache_tree, cached_tree, results_digest
from aeexplorer.analysis.runs.quality import family_of, offered_families
from aeexplorer.analysis.runs.quality.base import EvaluationData, Figure
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Measurement:
    """Metrics of one family.

    Parameters
    ----------
    split
        Split that the metrics were computed on.
    figures
        Values by the key of the metric.
    seconds
        Duration of the computation.
    """

    split: str
    figures: dict[str, Figure]
    seconds: float


_ADAPTER = TypeAdapter(Measurement)


def cached_measurement(run: Run, family: str) -> Measurement | None:
    """Read the metrics of a family from the run's folder; None if they were not computed for the current results."""
    tree = cached_tree(run, _path(family))
    if tree is None:
        return None
    try:
        return _ADAPTER.validate_python({key: value for key, value in tree.items() if key != "results"})
    except ValidationError:
        return None


def measure(run: Run, family: str) -> Measurement:
    """Return the metrics of a family; compute and store them if they are not cached.

    Raises
    ------
    UserError
        If the family does not exist, if it is not defined for the run, or if the run has no results.
    """
    cached = cached_measurement(run, family)
    if cached is not None:
        return cached
    results = results_digest(run)
    chosen = family_of(family)
    if chosen not in offered_families(run):
        offered = ", ".join(f.name for f in offered_families(run))
        raise UserError(f"{chosen.name} metrics are not defined for the run {run.name}", f"Choose among {offered}")
    started = time.perf_counter()
    data = EvaluationData(run)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        measurement = Measurement(chosen.split or data.split, chosen.measure(data), round(time.perf_counter() - started, 3))
    cache_tree(run, _path(family), asdict(measurement), results)
    return measurement


def compute_metrics(run: Run, families: Iterable[str] | None = None) -> dict[str, Any]:
    """Compute metrics of a run over its whole test split (the last split that is not empty), and store them in its folder.

    Parameters
    ----------
    run
        A run with results.
    families
        Names of families; by default all families that are defined for the run.

    Returns
    -------
    dict
        ``{metric: value}``, and ``pca``: ``{metric: value}`` of PCA of the same size for the metrics that PCA has.

    Raises
    ------
    UserError
        Raises the same errors as `measure`.
    """
    names = [family.name for family in offered_families(run)] if families is None else list(families)
    figures = {key: figure for name in names for key, figure in measure(run, name).figures.items()}
    values: dict[str, Any] = {key: figure.value for key, figure in figures.items()}
    return values | {"pca": {key: figure.pca for key, figure in figures.items() if figure.pca is not None}}


def _path(family: str) -> str:
    return f"quality/{family_of(family).name}.json"
