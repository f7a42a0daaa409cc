"""What a decoder's output says about the data, as a negative log-likelihood in nats."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from aeexplorer.models.config import ModelConfig


class Likelihood(nn.Module, ABC):
    """p(x | decoder output), with x in [0, 1] units, independent over features."""

    @abstractmethod
    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        """−log p(x), summed over features: ``(B, F), (B, F) → (B,)`` nats.

        `known`, bool ``(B, F)``, says which features count; all of them where it is None. Those that do not may be NaN.
        """

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """The expected x, same shape as the output."""


class Bernoulli(Likelihood):
    """Each feature is a coin with probability sigmoid(output); grey values count as probabilities."""

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        if known is None:
            return functional.binary_cross_entropy_with_logits(output, x, reduction="none").sum(1)
        nats = functional.binary_cross_entropy_with_logits(output, x.where(known, 0.0), reduction="none")
        return nats.where(known, 0.0).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        return output.sigmoid()


class Gaussian(Likelihood):
    """N(output, σ²) with one fixed σ."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = sigma

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = _squares(output, x, known)
        return _gaussian_nll(squares, count, math.log(self.sigma))

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

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        squares, count = _squares(output, x, known)
        log_sigma: Tensor = self.log_sigma
        if self.training:
            # σ no smaller than a grey level of 8-bit data, so that a perfect fit has a finite likelihood.
            log_sigma = 0.5 * (squares.sum() / count.sum()).clamp_min(1 / 256**2).log()
            with torch.no_grad():
                self.log_sigma.lerp_(log_sigma, 0.02)
        return _gaussian_nll(squares, count, log_sigma)

    def mean(self, output: Tensor) -> Tensor:
        return output


def _squares(output: Tensor, x: Tensor, known: Tensor | None) -> tuple[Tensor, Tensor]:
    """Sum of the squared errors of a sample's known features, and how many those are, both ``(B,)``."""
    if known is None:
        return (output - x).square().sum(1), output.new_full((len(output),), output.shape[1])
    return (output - x).where(known, 0.0).square().sum(1), known.sum(1)


def _gaussian_nll(squares: Tensor, count: Tensor, log_sigma: Tensor | float) -> Tensor:
    """−log N in nats from the sum of squared errors over `count` features, both ``(B,)``."""
    scale = log_sigma.exp() if isinstance(log_sigma, Tensor) else math.exp(log_sigma)
    return 0.5 * squares / scale**2 + count * (log_sigma + 0.5 * math.log(2 * math.pi))


def build_likelihood(config: ModelConfig) -> Likelihood:
    """The likelihood that the settings name."""
    if config.likelihood == "gaussian":
        return Gaussian(config.sigma)
    return {"bernoulli": Bernoulli, "optimal_sigma": OptimalSigma}[config.likelihood]()
