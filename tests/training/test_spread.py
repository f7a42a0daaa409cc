"""Mean and standard deviation over folds, of four runs by hand."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from aeexplorer.training.folds import spread


def run_with(**metrics: float) -> Any:
    """Return what `spread` needs of a run."""
    return SimpleNamespace(metrics={"test": metrics})


def test_deviation_has_one_degree_of_freedom_less_than_folds_with_the_metric() -> None:
    runs = [run_with(mse=2.0), run_with(mse=4.0), run_with(mse=9.0), run_with(loss=1.0)]
    summary = spread(runs)
    assert (summary.mean, summary.n) == (5.0, 3)
    assert summary.deviation == pytest.approx(math.sqrt((9 + 1 + 16) / 2))
    assert math.isnan(spread(runs[:1]).deviation)
    assert spread(runs, figure="loss").mean == 1.0
