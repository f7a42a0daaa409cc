"""Huber likelihood: Gaussian in the middle, with the tails of a Laplace (Huber 1964, Annals of Mathematical Statistics 35)."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor
from torch.nn import functional

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings, fill_unknown, sum_known


class HuberLikelihood(Likelihood):
    """p(x) = exp(−ρ(r)) / σZ with r = (x − output)/σ, where ρ = ½r² for |r| ≤ δ and ρ = δ(|r| − ½δ) beyond.

    Z = √(2π)·erf(δ/√2) + (2/δ)·exp(−½δ²) normalises the density.
    """

    def __init__(self, sigma: float, delta: float) -> None:
        super().__init__()
        self.sigma, self.delta = sigma, delta
        middle = math.sqrt(2 * math.pi) * math.erf(delta / math.sqrt(2))
        self.log_constant = math.log(sigma) + math.log(middle + 2 / delta * math.exp(-0.5 * delta**2))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        target = fill_unknown(x, output, known)
        cost = functional.huber_loss(output / self.sigma, target / self.sigma, reduction="none", delta=self.delta)  # (B, F)
        return sum_known(cost + self.log_constant, known)

    def mean(self, output: Tensor) -> Tensor:
        return output


class Huber(LikelihoodSettings):
    """The squared error up to a limit and the absolute error beyond it, so that outliers do not dominate."""

    name = "huber"
    title = "Huber"
    kind: Literal["huber"] = "huber"
    sigma: Annotated[float, Bounds(ge=0.01, le=10)] = 0.2
    """Standard deviation σ of the Gaussian part in the middle, in units of the data's [0, 1] range."""
    delta: Annotated[float, Bounds(ge=0.1, le=10)] = 1.0
    """Error δ beyond which the cost grows linearly, in units of σ."""

    def build(self, field: Field) -> Likelihood:
        return HuberLikelihood(self.sigma, self.delta)
