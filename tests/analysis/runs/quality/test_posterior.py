"""Information in posteriors where the true value is known."""

import math

import pytest
import torch

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.posterior import FAMILY, mutual_information


def test_separate_posteriors_identify_the_sample() -> None:
    mean = 100.0 * torch.arange(50)[:, None]
    assert mutual_information(mean, torch.zeros(50, 1)) == pytest.approx(math.log(50), abs=1e-4)


def test_posteriors_equal_to_the_prior_have_no_information() -> None:
    assert mutual_information(torch.zeros(60, 3), torch.zeros(60, 3)) == pytest.approx(0, abs=1e-5)


def test_gaussian_channel_has_shannons_capacity() -> None:
    """z = mean + noise with mean ~ N(0, 4) and noise ~ N(0, 1): ½ log(1 + 4) nats."""
    mean = 2 * torch.randn(4_000, 1, generator=torch.Generator().manual_seed(1))
    assert mutual_information(mean, torch.zeros(4_000, 1)) == pytest.approx(0.5 * math.log(5), abs=0.04)


def test_metrics_of_a_run(trained) -> None:
    run = trained.runs["vae"]
    values = {key: figure.value for key, figure in FAMILY.measure(EvaluationData(run)).items()}
    assert values["kl_per_dimension"] == pytest.approx(run.metrics["test"]["kl_per_dimension"], rel=1e-4)
    assert values["active_units"] == run.metrics["test"]["active_units"]
    assert values["mutual_information"] + values["marginal_kl"] == pytest.approx(sum(values["kl_per_dimension"]))
    assert 0 < values["mutual_information"] <= math.log(len(run.dataset.ids("test")))
