"""Gaussian likelihood with a fixed σ: the squared error."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings


class GaussianLikelihood(Likelihood):
    """N(output, σ²) with a fixed σ: −log p(x) = ½(x − output)²/σ² + log σ + ½·log 2π per feature, in nats."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = squared_errors(output, x, known)
        return gaussian_nll(squares, count, math.log(self.sigma))

    def mean(self, output: Tensor) -> Tensor:
        return output


def squared_errors(output: Tensor, x: Tensor, known: Tensor | None) -> tuple[Tensor, Tensor]:
    """Sum the squared errors of each sample's known features, and count those features: ``(B, F) → (B,)`` each."""
    if known is None:
        return (output - x).square().sum(1), output.new_full((len(output),), output.shape[1])
    return (output - x).where(known, 0.0).square().sum(1), known.sum(1)


def gaussian_nll(squares: Tensor, count: Tensor, log_sigma: Tensor | float) -> Tensor:
    """Compute −log N in nats per sample, ``(B,)``, from the sum of squared errors over `count` features, both ``(B,)``."""
    sigma = log_sigma.exp() if isinstance(log_sigma, Tensor) else math.exp(log_sigma)
    return 0.5 * squares / sigma**2 + count * (log_sigma + 0.5 * math.log(2 * math.pi))


class Gaussian(LikelihoodSettings):
    """Outputs are means of Gaussians with one fixed σ. The loss is the squared error."""

    name = "gaussian"
    title = "Gaussian (squared error)"
    kind: Literal["gaussian"] = "gaussian"
    sigma: Annotated[float, Bounds(ge=0.01, le=10)] = 0.3989
    """Standard deviation σ, in units of the data's [0, 1] range. At the default, 1/√(2π), the normalising constant is zero
    and the loss is π times the squared error."""

    def build(self, field: Field) -> Likelihood:
        return GaussianLikelihood(self.sigma)
