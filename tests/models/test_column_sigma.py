"""A σ for each column, against torch's normal distribution."""

from pathlib import Path

import torch
from torch.distributions import Normal

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.column_sigma import PRIOR_SAMPLES, ColumnSigma, ColumnSigmaLikelihood
from aeexplorer.models.likelihoods.optimal_sigma import MIN_SIGMA


def table(columns: int, categories: int = 0) -> Field:
    numbers = [{"name": str(i), "kind": "numeric", "categories": []} for i in range(columns)]
    others = [{"name": f"c{i}", "kind": "categorical", "categories": ["a", "b"]} for i in range(categories)]
    return Field("t", "tabular", (columns + categories,), "float32", {"columns": [*numbers, *others]}, Path())


def test_in_evaluation_each_column_has_the_spread_that_it_had_in_training() -> None:
    torch.manual_seed(0)
    spreads = torch.tensor([0.02, 0.1, 0.3])
    likelihood = ColumnSigma().build(table(3, categories=2)).train()
    for _ in range(500):
        output = torch.rand(64, 3)
        likelihood.nll(output, output + spreads * torch.randn(64, 3))
    output, x = torch.rand(5, 3), torch.rand(5, 3)
    learned = likelihood.variance.sqrt()
    torch.testing.assert_close(learned, spreads, rtol=0.1, atol=0)
    expected = -Normal(output, learned).log_prob(x).sum(1)
    torch.testing.assert_close(likelihood.eval().nll(output, x), expected, rtol=1e-4, atol=1e-4)


def test_in_training_the_variance_is_that_of_the_batch_and_of_32_earlier_samples() -> None:
    likelihood = ColumnSigmaLikelihood(2).train()
    likelihood.variance.copy_(torch.tensor([0.04, 0.09]))
    x, output = torch.zeros(8, 2), torch.full((8, 2), 0.5)
    known = torch.ones(8, 2, dtype=torch.bool)
    known[4:, 1] = False
    nats = likelihood.nll(output, x, known)
    first = (8 * 0.25 + PRIOR_SAMPLES * 0.04) / (8 + PRIOR_SAMPLES)
    second = (4 * 0.25 + PRIOR_SAMPLES * 0.09) / (4 + PRIOR_SAMPLES)
    both = -Normal(0.5, torch.tensor([first, second]).sqrt()).log_prob(torch.zeros(2))
    torch.testing.assert_close(nats, torch.cat([both.sum().expand(4), both[:1].expand(4)]))


def test_a_column_without_values_keeps_its_spread_and_a_perfect_one_stays_finite() -> None:
    likelihood = ColumnSigmaLikelihood(2).train()
    known = torch.tensor([[True, False]]).expand(16, 2)
    for _ in range(2_000):
        nats = likelihood.nll(torch.zeros(16, 2), torch.zeros(16, 2), known)
    assert float(likelihood.variance[1]) == float(torch.tensor(0.4**2))
    expected = -Normal(0.0, MIN_SIGMA).log_prob(torch.tensor(0.0))
    torch.testing.assert_close(nats, expected.expand(16), rtol=1e-3, atol=1e-3)


def test_other_data_have_one_spread() -> None:
    series = Field("s", "series", (6, 2), "float32", {"columns": [{"name": "a"}, {"name": "b"}]}, Path())
    likelihood = ColumnSigma().build(series)
    assert likelihood.variance.shape == (1,)
    output, x = torch.rand(3, 12), torch.rand(3, 12)
    torch.testing.assert_close(likelihood.eval().nll(output, x), -Normal(output, 0.4).log_prob(x).sum(1))
