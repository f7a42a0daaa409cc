"""Bernoulli likelihood: each feature is a coin flip."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings, require_unit_interval, sum_known


class BernoulliLikelihood(Likelihood):
    """Each feature is 1 with probability p = sigmoid(output): −log p(x) = −x·log p − (1 − x)·log(1 − p), in nats.

    Grey values between 0 and 1 count as probabilities.
    """

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        target = x if known is None else x.where(known, 0.0)  # (B, F)
        return sum_known(functional.binary_cross_entropy_with_logits(output, target, reduction="none"), known)

    def mean(self, output: Tensor) -> Tensor:
        return output.sigmoid()


class Bernoulli(LikelihoodSettings):
    """Outputs are logits of pixel probabilities. The loss is the binary cross-entropy."""

    name = "bernoulli"
    title = "Bernoulli (cross-entropy)"
    kind: Literal["bernoulli"] = "bernoulli"

    def build(self, field: Field) -> Likelihood:
        require_unit_interval(field, self.title)
        return BernoulliLikelihood()
