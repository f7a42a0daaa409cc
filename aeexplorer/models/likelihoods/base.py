"""The interface of a likelihood: what a decoder's output says about the data, as a negative log-likelihood in nats."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.models.parts import PartSettings


class Likelihood(nn.Module, ABC):
    """p(x | decoder output) for x in [0, 1] units. Features are independent unless a subclass says otherwise."""

    @abstractmethod
    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        """Compute −log p(x | output), summed over features.

        Parameters
        ----------
        output
            Output of the decoder, ``(B, F)``.
        x
            Target in x-space, ``(B, F)``. Features that are not known may be NaN.
        known
            Which features count, bool ``(B, F)``; all of them by default.

        Returns
        -------
        Tensor
            ``(B,)``, in nats per sample.
        """

    @abstractmethod
    def mean(self, output: Tensor) -> Tensor:
        """Return the expected x, in the shape of the output."""


class LikelihoodSettings(PartSettings):
    """Settings of a likelihood."""

    density: ClassVar[bool] = True
    """Whether the likelihood is normalised. If so, the loss with a KL term is a bound on the likelihood of the data."""
    adapts_spread: ClassVar[bool] = False
    """Whether its spread follows the data. Only then can the likelihood be compared with that of another density, such as
    probabilistic PCA."""

    def build(self, field: Field) -> Likelihood:
        """Build the module for samples of a field.

        Raises
        ------
        UserError
            If the likelihood does not fit the field.
        """
        raise TypeError(f"{type(self).__name__} builds no likelihood")


def require_unit_interval(field: Field, title: str) -> None:
    """Raise `UserError` if values of a field can leave [0, 1]."""
    if field.meta.get("scaling") == "z-score":
        raise UserError(
            f"the likelihood {title} needs values from 0 to 1, and {field.name} is scaled by its z-score",
            "Choose gaussian, or scale the dataset by min-max",
        )


def sum_known(nats: Tensor, known: Tensor | None) -> Tensor:
    """Sum over the features that are known: ``(B, F) → (B,)``."""
    return nats.sum(1) if known is None else nats.where(known, 0.0).sum(1)


def fill_unknown(x: Tensor, output: Tensor, known: Tensor | None) -> Tensor:
    """Replace unknown features of x with the decoder's output, so that no NaN enters a gradient."""
    return x if known is None else x.where(known, output.detach())
