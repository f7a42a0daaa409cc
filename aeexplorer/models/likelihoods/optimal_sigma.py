"""A Gaussian whose σ follows the error (σ-VAE, Rybkin et al. 2021, arXiv:2006.13202)."""

import math
from typing import Literal

import torch
from torch import Tensor

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.gaussian import gaussian_nll, squared_errors


class OptimalSigmaLikelihood(Likelihood):
    """N(output, σ²) with σ² the mean squared error, its maximum-likelihood value.

    In training σ² is that of the batch, with its gradient; afterwards its running average over batches.
    """

    log_sigma: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_sigma", torch.tensor(math.log(0.4)))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = squared_errors(output, x, known)
        log_sigma: Tensor = self.log_sigma
        if self.training:
            # σ no smaller than a grey level of 8-bit data, so that a perfect fit has a finite likelihood.
            log_sigma = 0.5 * (squares.sum() / count.sum()).clamp_min(1 / 256**2).log()
            with torch.no_grad():
                self.log_sigma.lerp_(log_sigma, 0.02)
        return gaussian_nll(squares, count, log_sigma)

    def mean(self, output: Tensor) -> Tensor:
        return output


class OptimalSigma(LikelihoodSettings):
    """A Gaussian whose σ is always the best one for the present error; it needs no tuning."""

    name = "optimal_sigma"
    title = "Gaussian, optimal σ"
    kind: Literal["optimal_sigma"] = "optimal_sigma"

    def build(self, field: Field) -> Likelihood:
        return OptimalSigmaLikelihood()
