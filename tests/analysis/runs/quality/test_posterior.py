"""Information in posteriors where the true value is known."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

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


def test_information_of_four_posteriors_equals_the_densities_of_torch() -> None:
    generator = torch.Generator().manual_seed(2)
    mean, logvar = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    posteriors = Independent(Normal(mean.double(), (0.5 * logvar).exp().double()), 1)
    noise = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).double()
    draws = posteriors.mean + posteriors.stddev * noise
    mixture = MixtureSameFamily(Categorical(torch.ones(4)), posteriors)
    expected = (posteriors.log_prob(draws) - mixture.log_prob(draws)).mean()
    assert mutual_information(mean, logvar) == pytest.approx(float(expected), abs=1e-6)


def test_metrics_of_a_run(trained) -> None:
    run = trained.runs["vae"]
    values = {key: figure.value for key, figure in FAMILY.measure(EvaluationData(run)).items()}
    assert values["kl_per_dimension"] == pytest.approx(run.metrics["test"]["kl_per_dimension"], rel=1e-4)
    assert values["active_units"] == run.metrics["test"]["active_units"]
    assert values["mutual_information"] + values["marginal_kl"] == pytest.approx(sum(values["kl_per_dimension"]))
    assert 0 < values["mutual_information"] <= math.log(len(run.dataset.ids("test")))


def test_a_mutual_information_at_the_logarithm_of_the_number_of_samples_says_so(trained) -> None:
    run = trained.runs["vae"]

    class Separate(EvaluationData):
        def posterior(self, ids):  # every posterior far from all others
            return 100.0 * torch.arange(len(ids))[:, None], torch.zeros(len(ids), 1)

    figures = FAMILY.measure(Separate(run))
    n = len(run.dataset.ids("test"))
    assert f"log {n} = {math.log(n):.2f} nats" in figures["mutual_information"].note
    assert "upper bound" in figures["marginal_kl"].note
    free = FAMILY.measure(EvaluationData(run))
    assert not free["marginal_kl"].note or free["mutual_information"].value > 0.95 * math.log(n)
