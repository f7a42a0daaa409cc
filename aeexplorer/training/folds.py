"""Cross-validation: the same settings on every fold, and what the figures of the folds come to together."""

import math
from dataclasses import dataclass
from statistics import fmean, stdev

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run
from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Spread:
    """One figure over several folds.

    Parameters
    ----------
    mean, deviation
        Mean, and standard deviation (with n − 1; not a number for a single fold).
    n
        Folds.
    """

    mean: float
    deviation: float
    n: int

    def __str__(self) -> str:
        """``0.01234 ± 0.00056``, and the mean alone of a single fold."""
        return f"{self.mean:.5f} ± {self.deviation:.5f}" if self.n > 1 else f"{self.mean:.5f}"


def create_folds(workspace: Workspace, config: RunConfig, name: str, preset: str = "") -> list[Run]:
    """A run for each fold of the settings, in their order; those made before are there already.

    Settings without folds are one run. Raises as `create_run`.
    """
    if config.folds == 1:
        return [create_run(workspace, config, name, preset)]
    return [
        create_run(workspace, one, f"{name} · fold {one.fold + 1} of {one.folds}", preset)
        for one in (config.replace({"fold": fold}) for fold in range(config.folds))
    ]


def finished_folds(run: Run) -> list[Run]:
    """The finished runs that differ from a run in their fold only, itself among them, in the order of the folds."""
    ids = [run.config.replace({"fold": fold}).run_id for fold in range(run.config.folds)]
    return [other for other in (Run(run.folder.parent / run_id) for run_id in ids) if other.finished]


def spread(runs: list[Run], split: str = "test", figure: str = "mse") -> Spread:
    """A figure of a split over several finished runs.

    Raises
    ------
    UserError
        If none of them has it.
    """
    values = [float(run.metrics[split][figure]) for run in runs if figure in run.metrics.get(split, {})]
    if not values:
        raise UserError(f"no fold has a figure {figure} of the {split} split", "Wait until one has finished")
    return Spread(fmean(values), stdev(values) if len(values) > 1 else math.nan, len(values))
