"""What a decoder's output says about the data, as a negative log-likelihood in nats."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from aeexplorer.models.config import ModelConfig


class Likelihood(nn.Module, ABC):
    """p(x | decoder output), with x in [0, 1] units, independent over features; NaN features count for nothing."""

    @abstractmethod
    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        """−log p(x), summed over features: ``(B, F), (B, F) → (B,)`` nats."""

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """The expected x, same shape as the output."""


class Bernoulli(Likelihood):
    """Each feature is a coin with probability sigmoid(output); grey values count as probabilities."""

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        known = ~torch.isnan(x)
        nats = functional.binary_cross_entropy_with_logits(output, x.nan_to_num(0.0), reduction="none")
        return (nats * known).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        return output.sigmoid()


class Gaussian(Likelihood):
    """N(output, σ²) with one fixed σ."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        known = ~torch.isnan(x)
        return _gaussian_nll(((output - x.nan_to_num(0.0)) * known).square().sum(1), known.sum(1), math.log(self.sigma))

    def mean(self, output: Tensor) -> Tensor:
        return output


class OptimalSigma(Likelihood):
    """N(output, σ²) with σ² the mean squared error, its maximum-likelihood value (Rybkin et al. 2021, arXiv:2006.13202).

    In training σ² is that of the batch, with its gradient; afterwards its running average over batches.
    """

    log_sigma: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("log_sigma", torch.tensor(math.log(0.4)))

    def nll(self, output: Tensor, x: Tensor) -> Tensor:
        known = ~torch.isnan(x)
        squares = ((output - x.nan_to_num(0.0)) * known).square().sum(1)
        log_sigma: Tensor = self.log_sigma
        if self.training:
            # σ no smaller than a grey level of 8-bit data, so that a perfect fit has a finite likelihood.
            log_sigma = 0.5 * (squares.sum() / known.sum()).clamp_min(1 / 256**2).log()
            with torch.no_grad():
                self.log_sigma.lerp_(log_sigma, 0.02)
        return _gaussian_nll(squares, known.sum(1), log_sigma)

    def mean(self, output: Tensor) -> Tensor:
        return output


def _gaussian_nll(squares: Tensor, count: Tensor, log_sigma: Tensor | float) -> Tensor:
    """−log N in nats from the sum of squared errors over `count` features, both ``(B,)``."""
    scale = log_sigma.exp() if isinstance(log_sigma, Tensor) else math.exp(log_sigma)
    return 0.5 * squares / scale**2 + count * (log_sigma + 0.5 * math.log(2 * math.pi))


def build_likelihood(config: ModelConfig) -> Likelihood:
    """The likelihood that the settings name."""
    if config.likelihood == "gaussian":
        return Gaussian(config.sigma)
    return {"bernoulli": Bernoulli, "optimal_sigma": OptimalSigma}[config.likelihood]()
