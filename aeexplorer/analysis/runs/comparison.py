"""Comparison of runs: their metrics beside PCA's, and the settings in which they differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aeexplorer.analysis.maps.projection import Projection, available_methods, cached_projection, compute_projection
from aeexplorer.analysis.runs.judgement import Judgement, judge
from aeexplorer.core.settings import Settings
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.scores import read_scores

MAX_RUNS = 4
"""Number of runs that can be compared at once."""


@dataclass(frozen=True)
class RunMetrics:
    """Metrics of one run.

    Parameters
    ----------
    judgement
        The run beside PCA, in the figure that suits it.
    error, pca_error
        Mean error of the samples, see `run_error_title`, and that of PCA with as many components as the code has numbers. None
        for a run of texts of a version before 0.6, whose error is no share of tokens.
    others
        Other metrics of the same split that are one number, by name.
    """

    judgement: Judgement
    error: float | None
    pca_error: float | None
    others: dict[str, float]


def metrics_of(run: Run) -> RunMetrics:
    """Return the metrics of a run.

    Raises
    ------
    UserError
        If the run has no results.
    """
    judgement = judge(run)
    metrics, pca = run.metrics[judgement.split], run.metrics["pca"]
    others = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float) and name != "mse"}
    if run.dataset.of_texts and not read_scores(run.metrics):
        return RunMetrics(judgement, None, None, others)
    return RunMetrics(judgement, float(metrics["mse"]), float(pca["mse"]), others)


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
