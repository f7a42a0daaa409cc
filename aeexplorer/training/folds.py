"""Cross-validation: the same settings trained on every fold, and their metrics summarised over the folds."""

import math
from dataclasses import dataclass
from statistics import fmean, stdev

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run, find_runs
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of a metric over several folds.

    Parameters
    ----------
    mean
        Mean over the folds.
    deviation
        Standard deviation, with n − 1 in the denominator; NaN for a single fold.
    n
        Number of folds.
    """

    mean: float
    deviation: float
    n: int

    def __str__(self) -> str:
        """Format as ``0.01234 ± 0.00056``, or as the mean alone for a single fold."""
        return f"{self.mean:.5f} ± {self.deviation:.5f}" if self.n > 1 else f"{self.mean:.5f}"


def create_folds(workspace: Workspace, config: RunConfig, name: str, preset: str = "") -> list[Run]:
    """Create one run per fold of the settings, in the order of the folds. Runs that exist already are returned as they are.

    Settings without folds give one run. Raises the same errors as `create_run`.
    """
    if config.folds == 1:
        return [create_run(workspace, config, name, preset)]
    return [
        create_run(workspace, config.replace({"fold": fold}), f"{name} · fold {fold + 1} of {config.folds}", preset)
        for fold in range(config.folds)
    ]


def finished_folds(run: Run) -> list[Run]:
    """Return the finished runs of the same cross-validation as a run, in the order of the folds."""
    configs = [run.config.replace({"fold": fold}) for fold in range(run.config.folds)]
    runs = find_runs(Workspace(run.folder.parent.parent), configs)
    return [fold_run for fold_run in runs if fold_run is not None and fold_run.finished]


def spread(runs: list[Run], split: str = "test", figure: str = "mse") -> Spread:
    """Summarise a metric over several finished runs.

    Parameters
    ----------
    runs
        Finished runs. Runs without the metric are left out.
    split
        ``train``, ``validation`` or ``test``.
    figure
        Name of the metric.

    Raises
    ------
    UserError
        If no run has the metric.
    """
    values = [float(run.metrics[split][figure]) for run in runs if figure in run.metrics.get(split, {})]
    if not values:
        raise UserError(f"no fold has a figure {figure} of the {split} split", "Wait until a fold has finished")
    return Spread(fmean(values), stdev(values) if len(values) > 1 else math.nan, len(values))
