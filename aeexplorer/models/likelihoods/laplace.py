"""Laplace likelihood: the absolute error."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings, fill_unknown, sum_known


class LaplaceLikelihood(Likelihood):
    """p(x) = exp(−|x − output| / b) / 2b, so −log p(x) = |x − output| / b + log 2b per feature, in nats."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        errors = (output - fill_unknown(x, output, known)).abs()  # (B, F)
        return sum_known(errors / self.scale + math.log(2 * self.scale), known)

    def mean(self, output: Tensor) -> Tensor:
        return output


class Laplace(LikelihoodSettings):
    """Outputs are centres of Laplace densities. The loss is the absolute error (L1), less sensitive to single large errors."""

    name = "laplace"
    title = "Laplace (absolute error, L1)"
    kind: Literal["laplace"] = "laplace"
    scale: Annotated[float, Bounds(ge=0.01, le=10)] = 0.5
    """Scale b, in units of the data's [0, 1] range. At the default, the normalising constant is zero and the loss is twice
    the absolute error."""

    def build(self, field: Field) -> Likelihood:
        return LaplaceLikelihood(self.scale)
