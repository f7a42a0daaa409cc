"""Comparison of runs: their metrics beside PCA's, and the settings in which they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aeexplorer.analysis.maps.projection import Projection, available_methods, cached_projection, compute_projection
from aeexplorer.core.settings import Settings
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

MAX_RUNS = 4
"""Number of runs that can be compared at once."""


@dataclass(frozen=True)
class RunMetrics:
    """Metrics of one run.

    Parameters
    ----------
    split
        Split of the metrics: test, or the last split that is not empty.
    mse, pca
        Mean squared error of the run, and of PCA with as many components as the code has numbers, in [0, 1] units.
    components
        Number of components of PCA.
    others
        Other metrics of that split that are one number, by name.
    """

    split: str
    mse: float
    pca: float
    components: int
    others: dict[str, float]


def metrics_of(run: Run) -> RunMetrics:
    """Return the metrics of a run.

    Raises
    ------
    UserError
        If the run has no results.
    """
    split = next(name for name in reversed(SPLITS) if name in run.metrics)
    metrics, pca = run.metrics[split], run.metrics["pca"]
    others = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float) and name != "mse"}
    return RunMetrics(split, float(metrics["mse"]), float(pca["mse"]), int(pca["components"]), others)


def differing_settings(configs: Sequence[Settings]) -> dict[str, list[Any]]:
    """Find the settings whose values are not the same in all configurations.

    Returns
    -------
    dict
        Dotted path → value in each configuration; None where a configuration does not have the setting.
    """
    values = [{path: value for path, _, value in settings.leaves()} for settings in configs]
    paths = list(dict.fromkeys(path for by_path in values for path in by_path))
    rows = {path: [by_path.get(path) for by_path in values] for path in paths}
    return {path: row for path, row in rows.items() if any(value != row[0] for value in row)}


def quick_map(run: Run) -> Projection:
    """Return a 2-D map without a long computation: the latents if there are two, else UMAP if it is cached, else PCA."""
    quick = next(method.name for method in available_methods(run, 2) if method.quick)
    cached = None if quick == "latents" else cached_projection(run, "umap")
    return cached or compute_projection(run, quick)
