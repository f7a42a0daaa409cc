"""Metrics of a run: measured once for its results, kept in its folder, read back."""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError

from aeexplorer.analysis.cache import cache_tree, cached_tree, results_digest
from aeexplorer.analysis.runs.quality import family_of, offered_families
from aeexplorer.analysis.runs.quality.base import Figure, Material
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Measured:
    """The figures of one family, by key; over which split, and how long that took."""

    split: str
    figures: dict[str, Figure]
    seconds: float


_STORED = TypeAdapter(Measured)


def measured(run: Run, family: str) -> Measured | None:
    """What lies in the run's folder, or None where the family has not been measured for the present results."""
    tree = cached_tree(run, _path(family))
    if tree is None:
        return None
    try:
        return _STORED.validate_python({key: value for key, value in tree.items() if key != "results"})
    except ValidationError:
        return None


def measure(run: Run, family: str) -> Measured:
    """The figures of a family, measured now where they are not in the run's folder yet.

    Raises
    ------
    UserError
        For an unknown family, one that has no meaning for the run, and a run without results.
    """
    found = measured(run, family)
    if found is not None:
        return found
    results = results_digest(run)
    chosen = family_of(family)
    if chosen not in offered_families(run):
        lacking = ", ".join(f.name for f in offered_families(run))
        raise UserError(f"{chosen.name} metrics have no meaning for the run {run.name}", f"Choose among {lacking}")
    started = time.perf_counter()
    material = Material(run)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = Measured(material.split, chosen.measure(material), round(time.perf_counter() - started, 3))
    cache_tree(run, _path(family), asdict(found), results)
    return found


def compute_metrics(run: Run, families: Iterable[str] | None = None) -> dict[str, Any]:
    """Every metric of a run over its whole test split (the last split that is not empty), kept in its folder.

    Parameters
    ----------
    run
        With results.
    families
        Names of families; all that have a meaning for the run where none are given.

    Returns
    -------
    dict
        ``{metric: value}``, and ``pca``: the same of PCA of the same size, where it has one.

    Raises
    ------
    UserError
        As `measure`.
    """
    names = [family.name for family in offered_families(run)] if families is None else list(families)
    figures = {key: figure for name in names for key, figure in measure(run, name).figures.items()}
    values: dict[str, Any] = {key: figure.value for key, figure in figures.items()}
    return values | {"pca": {key: figure.pca for key, figure in figures.items() if figure.pca is not None}}


def _path(family: str) -> str:
    return f"quality/{family_of(family).name}.json"
