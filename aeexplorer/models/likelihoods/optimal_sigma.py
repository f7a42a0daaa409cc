"""Gaussian likelihood whose σ follows the error (σ-VAE, Rybkin et al. 2021, arXiv:2006.13202)."""

import math
from typing import Literal

import torch
from torch import Tensor

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.gaussian import gaussian_nll, squared_errors

MIN_SIGMA = 1 / 256
"""Smallest σ: one grey level of 8-bit data. It keeps the likelihood of a perfect fit finite."""
AVERAGE_WEIGHT = 0.02
"""Weight of each batch in the moving average of log σ."""


class OptimalSigmaLikelihood(Likelihood):
    """N(output, σ²), where σ² is the mean squared error, its maximum-likelihood value.

    In training, σ² is computed from the batch, with gradient. Otherwise, σ is a moving average over training batches.
    """

    log_sigma: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_sigma", torch.tensor(math.log(0.4)))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = squared_errors(output, x, known)
        log_sigma: Tensor = self.log_sigma
        if self.training:
            log_sigma = 0.5 * (squares.sum() / count.sum()).clamp_min(MIN_SIGMA**2).log()
            with torch.no_grad():
                self.log_sigma.lerp_(log_sigma, AVERAGE_WEIGHT)
        return gaussian_nll(squares, count, log_sigma)

    def mean(self, output: Tensor) -> Tensor:
        return output


class OptimalSigma(LikelihoodSettings):
    """A Gaussian whose σ is always the best value for the current error. It needs no tuning."""

    name = "optimal_sigma"
    title = "Gaussian, optimal σ"
    adapts_spread = True
    kind: Literal["optimal_sigma"] = "optimal_sigma"

    def build(self, field: Field) -> Likelihood:
        return OptimalSigmaLikelihood()
