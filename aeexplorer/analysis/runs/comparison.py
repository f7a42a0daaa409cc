"""Runs side by side: their figures with PCA's, and what differs between their settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aeexplorer.analysis.maps.projection import Projection, compute, offered_methods, projection
from aeexplorer.core.settings import Settings
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

MOST = 4
"""Runs that are compared at once."""


@dataclass(frozen=True)
class Figures:
    """The figures of one run.

    Parameters
    ----------
    split
        Which they are of: the test split, or the last one that is not empty.
    mse, pca
        Mean squared error of the run, and of PCA with as many components as its code has numbers.
    components
        How many those are.
    others
        Whatever else was measured on that split and is one number, by name.
    """

    split: str
    mse: float
    pca: float
    components: int
    others: dict[str, float]


def figures_of(run: Run) -> Figures:
    """The figures of a run; raises `UserError` where it has no results."""
    split = next(name for name in reversed(SPLITS) if name in run.metrics)
    found, pca = run.metrics[split], run.metrics["pca"]
    others = {name: float(value) for name, value in found.items() if isinstance(value, int | float) and name != "mse"}
    return Figures(split, float(found["mse"]), float(pca["mse"]), int(pca["components"]), others)


def differences(several: Sequence[Settings]) -> dict[str, list[Any]]:
    """The settings in which some settings differ: dotted path → the value in each, None where one has no such setting."""
    found = [{path: value for path, _, value in settings.leaves()} for settings in several]
    paths = list(dict.fromkeys(path for values in found for path in values))
    rows = {path: [values.get(path) for values in found] for path in paths}
    return {path: row for path, row in rows.items() if any(value != row[0] for value in row)}


def cheap_map(run: Run) -> Projection:
    """A map that need not be waited for: the latents where there are two, else UMAP where it was made before, else PCA."""
    quick = next(method.name for method in offered_methods(run, 2) if method.quick)
    ready = None if quick == "latents" else projection(run, "umap")
    return ready or compute(run, quick)
