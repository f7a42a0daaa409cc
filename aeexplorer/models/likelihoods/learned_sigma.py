"""A Gaussian whose σ is a weight like others."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.gaussian import gaussian_nll, squared_errors

LOWEST = math.log(1 / 256)
"""log σ of a grey level of 8-bit data, the smallest there can be, so that a perfect fit has a finite likelihood."""


class LearnedSigmaLikelihood(Likelihood):
    """N(output, σ²) with one log σ, learned by gradient (Dai & Wipf 2019, arXiv:1903.05789)."""

    def __init__(self) -> None:
        super().__init__()
        self.log_sigma = nn.Parameter(torch.tensor(math.log(0.4)))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = squared_errors(output, x, known)
        return gaussian_nll(squares, count, self.log_sigma.clamp_min(LOWEST))

    def mean(self, output: Tensor) -> Tensor:
        return output


class LearnedSigma(LikelihoodSettings):
    """A Gaussian whose σ is found by the optimiser with all other weights."""

    name = "learned_sigma"
    title = "Gaussian, learned σ"
    kind: Literal["learned_sigma"] = "learned_sigma"

    def build(self, field: Field) -> Likelihood:
        return LearnedSigmaLikelihood()
