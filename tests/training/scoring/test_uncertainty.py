"""Standard errors of means over samples."""

import numpy as np
import pytest
from scipy import stats

from aeexplorer.analysis.runs.judgement import judge
from aeexplorer.training.scoring.uncertainty import MAX_SAMPLES, standard_errors


def test_standard_errors_are_those_of_scipy_and_close_to_the_bootstrap() -> None:
    rng = np.random.default_rng(0)
    errors = rng.gamma(2.0, 0.01, 200).astype(np.float32)
    measured = standard_errors({"mse": errors})["mse"]
    assert measured == pytest.approx(stats.sem(errors.astype(np.float64)))
    resampled = rng.choice(errors, (4_000, 200)).mean(1)
    assert measured == pytest.approx(resampled.std(), rel=0.05)


def test_four_samples_by_hand() -> None:
    # mean 4, squared deviations 9 + 1 + 1 + 9 = 20, variance 20 / 3
    assert standard_errors({"mse": np.float32([1, 3, 5, 7])})["mse"] == pytest.approx((20 / 3) ** 0.5 / 2)


def test_one_sample_many_samples_and_infinite_values_have_none() -> None:
    values = {"one": np.ones(1), "many": np.ones(MAX_SAMPLES + 1), "infinite": np.array([1, np.inf]), "equal": np.ones(3)}
    assert standard_errors(values) == {"equal": 0.0}


def test_a_finished_run_has_standard_errors_of_its_test_figures(trained) -> None:
    for kind in ("vae", "ae"):
        run = trained.runs[kind]
        errors = np.asarray(run.errors)[run.dataset.ids("test")].astype(np.float64)
        stored = run.metrics["standard_errors"]["test"]
        assert stored["mse"] == pytest.approx(stats.sem(errors), rel=1e-5)
        assert ("elbo" in stored) == ("elbo" in run.metrics["test"])
        assert f" ± {stored['elbo']:,.1f}" in judge(run).summary if kind == "vae" else True
