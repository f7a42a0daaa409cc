"""Gaussian likelihood whose σ is learned like any other weight."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.gaussian import gaussian_nll, squared_errors

MIN_LOG_SIGMA = math.log(1 / 256)
"""Smallest log σ: one grey level of 8-bit data. It keeps the likelihood of a perfect fit finite."""


class LearnedSigmaLikelihood(Likelihood):
    """N(output, σ²) with a single log σ learned by gradient descent (Dai & Wipf 2019, arXiv:1903.05789)."""

    def __init__(self) -> None:
        super().__init__()
        self.log_sigma = nn.Parameter(torch.tensor(math.log(0.4)))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = squared_errors(output, x, known)
        return gaussian_nll(squares, count, self.log_sigma.clamp_min(MIN_LOG_SIGMA))

    def mean(self, output: Tensor) -> Tensor:
        return output


class LearnedSigma(LikelihoodSettings):
    """A Gaussian whose σ is learned by the optimiser together with all other weights."""

    name = "learned_sigma"
    title = "Gaussian, learned σ"
    adapts_spread = True
    kind: Literal["learned_sigma"] = "learned_sigma"

    def build(self, field: Field) -> Likelihood:
        return LearnedSigmaLikelihood()
