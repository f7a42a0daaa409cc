"""Bernoulli likelihood, normalised as a density on [0, 1] (Loaiza-Ganem & Cunningham 2019, arXiv:1907.06845)."""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings, require_unit_interval, sum_known

TAYLOR_LIMIT = 0.3
"""Half-logits within ± this limit (probabilities near ½) use a Taylor series, because the closed forms divide 0 by 0."""


class ContinuousBernoulliLikelihood(Likelihood):
    """p(x) = C·λˣ·(1 − λ)¹⁻ˣ with λ = sigmoid(output) and C = 2u / tanh u, where u = output/2 is the half-logit."""

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        target = x if known is None else x.where(known, 0.0)  # (B, F)
        cross_entropy = functional.binary_cross_entropy_with_logits(output, target, reduction="none")
        return sum_known(cross_entropy - log_constant(output), known)

    def mean(self, output: Tensor) -> Tensor:
        u = output / 2
        is_small, safe = u.abs() < TAYLOR_LIMIT, u.where(u.abs() >= TAYLOR_LIMIT, 1.0)
        series = u / 3 - u**3 / 45 + 2 * u**5 / 945 - u**7 / 4725
        return 0.5 + 0.5 * torch.where(is_small, series, 1 / safe.tanh() - 1 / safe)


def log_constant(logit: Tensor) -> Tensor:
    """Compute log C = log(2u / tanh u) elementwise, where u is half the logit.

    Values and gradients are finite everywhere, including 0.
    """
    u = logit / 2
    is_small, safe = u.abs() < TAYLOR_LIMIT, u.where(u.abs() >= TAYLOR_LIMIT, 1.0)
    series = u**2 / 3 - 7 * u**4 / 90 + 62 * u**6 / 2835 - 127 * u**8 / 18900
    return math.log(2) + torch.where(is_small, series, safe.abs().log() - safe.abs().tanh().log())


class ContinuousBernoulli(LikelihoodSettings):
    """The cross-entropy with a constant that makes it a proper density of grey values, unlike the Bernoulli likelihood."""

    name = "continuous_bernoulli"
    title = "Continuous Bernoulli"
    kind: Literal["continuous_bernoulli"] = "continuous_bernoulli"

    def build(self, field: Field) -> Likelihood:
        require_unit_interval(field, self.title)
        return ContinuousBernoulliLikelihood()
