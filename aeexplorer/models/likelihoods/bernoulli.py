"""A coin for each feature."""

from typing import Literal

from torch import Tensor
from torch.nn import functional

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings, require_unit_interval, total


class BernoulliLikelihood(Likelihood):
    """Each feature is a coin with probability sigmoid(output); grey values count as probabilities."""

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        target = x if known is None else x.where(known, 0.0)
        return total(functional.binary_cross_entropy_with_logits(output, target, reduction="none"), known)

    def mean(self, output: Tensor) -> Tensor:
        return output.sigmoid()


class Bernoulli(LikelihoodSettings):
    """The outputs are logits of pixel probabilities: the binary cross-entropy."""

    name = "bernoulli"
    title = "Bernoulli (cross-entropy)"
    kind: Literal["bernoulli"] = "bernoulli"

    def build(self, field: Field) -> Likelihood:
        require_unit_interval(field, self.title)
        return BernoulliLikelihood()
