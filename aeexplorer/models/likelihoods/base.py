"""What a decoder's output says about the data, as a negative log-likelihood in nats."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.models.parts import PartSettings


class Likelihood(nn.Module, ABC):
    """p(x | decoder output), with x in [0, 1] units, independent over features unless it says otherwise."""

    @abstractmethod
    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        """−log p(x), summed over features: ``(B, F), (B, F) → (B,)`` nats.

        `known`, bool ``(B, F)``, says which features count; all of them where it is None. Those that do not may be NaN.
        """

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """The expected x, same shape as the output."""


class LikelihoodSettings(PartSettings):
    """Settings of a likelihood."""

    density: ClassVar[bool] = True
    """Whether it is normalised, so that with a KL term beside it the loss bounds the likelihood of the data."""

    def build(self, field: Field) -> Likelihood:
        """The module for samples of a field; raises `UserError` where it does not fit them."""
        raise TypeError(f"{type(self).__name__} builds no likelihood")


def require_unit_interval(field: Field, title: str) -> None:
    """Raise `UserError` for a field whose values do not stay within [0, 1]."""
    if field.meta.get("scaling") == "z-score":
        raise UserError(
            f"the likelihood {title} needs values from 0 to 1, and {field.name} is scaled by its z-score",
            "Choose gaussian, or scale the dataset by min-max",
        )


def total(nats: Tensor, known: Tensor | None) -> Tensor:
    """Sum over the features that are known: ``(B, F) → (B,)``."""
    return nats.sum(1) if known is None else nats.where(known, 0.0).sum(1)


def filled(x: Tensor, output: Tensor, known: Tensor | None) -> Tensor:
    """x with the decoder's output where it is not known, so that no NaN enters a gradient."""
    return x if known is None else x.where(known, output.detach())
