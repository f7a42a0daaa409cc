"""What every modality offers: how its samples become network inputs, which networks fit, how a person sees them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.core.registry import collect
from aeexplorer.data.dataset import Field


class NetworkSettings(Protocol):
    """The settings that shape a network (see `aeexplorer.models.config.ModelConfig`)."""

    @property
    def hidden(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def channels(self) -> int: ...
    @property
    def activation(self) -> str: ...
    @property
    def dropout(self) -> float: ...
    @property
    def tied(self) -> bool: ...
    @property
    def cell(self) -> str: ...


class PixelLikelihood(Protocol):
    """−log p of features (see `aeexplorer.models.likelihoods.Likelihood`)."""

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor: ...
    def mean(self, output: Tensor) -> Tensor: ...


@dataclass
class Network:
    """An encoder ``(B, *shape) → (B, T, width)`` and a decoder ``(B, T, width) → (B, *shape)``, with their width."""

    encoder: nn.Module
    decoder: nn.Module
    width: int


class Modality(ABC):
    """Samples of one field.

    All tensors between `prepare` and `mean` are x-space: float32, features in [0, 1] units, NaN where a value is missing.

    Parameters
    ----------
    field
        The field of the dataset it reads.
    """

    name: ClassVar[str]
    """As in `Field.modality`."""
    complete: ClassVar[bool]
    """Whether no sample can miss a value: x-space has no NaN then."""

    def __init__(self, field: Field) -> None:
        self.field = field

    @property
    @abstractmethod
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        """Networks that fit this field, by name, best first; each is called with the settings and the number of tokens."""

    @abstractmethod
    def natural_tokens(self) -> int:
        """How many tokens describe a sample of this field well (a quarter of a picture's side, squared)."""

    @abstractmethod
    def grid(self, tokens: int) -> tuple[int, ...]:
        """How so many tokens lie in the sample: ``(rows, columns)`` for pictures; their product is the true number."""

    @abstractmethod
    def prepare(self, raw: Tensor) -> Tensor:
        """Stored samples ``(B, *field.shape)`` → x-space."""

    @abstractmethod
    def restore(self, x: Tensor) -> np.ndarray:
        """x-space → arrays like the stored samples, in their units."""

    @abstractmethod
    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """−log p(x | decoder output) in nats a sample, ``(B,)``."""

    @abstractmethod
    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        """Decoder output → expected x."""

    def squared_error(self, reconstruction: Tensor, x: Tensor) -> Tensor:
        """Mean squared error per known feature, in [0, 1] units: ``(B,)``."""
        squares = (reconstruction - x).flatten(1).square_()
        return squares.mean(1) if self.complete else squares.nanmean(1)

    def network(self, name: str, settings: NetworkSettings, tokens: int) -> Network:
        """Build the named network, ``auto`` being the best one.

        Raises
        ------
        UserError
            If this modality has no network of that name.
        """
        if name == "auto":
            name = next(iter(self.networks))
        if name not in self.networks:
            raise UserError(
                f"the network {name!r} does not fit {self.name} data of shape {self.field.shape}",
                f"Choose one of {', '.join(self.networks)}, or auto",
            )
        return self.networks[name](settings, tokens)


class Pictured(Modality):
    """Samples that a person sees as pictures: images, and what is drawn as one (a spectrogram, a curve, a strip of frames)."""

    @abstractmethod
    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Stored samples ``(m, *shape)`` → uint8 ``(m, h, w, 3)``."""

    @abstractmethod
    def gaps(self, difference: np.ndarray) -> np.ndarray:
        """Differences in x-space ``(m, *shape)`` → float32 ``(m, h, w)``, as they lie in the pictures; NaN where unknown."""

    def codes(self, grid: np.ndarray) -> np.ndarray:
        """Codes of a sample as `grid` lays them → ``(rows, columns)`` as they lie in its picture; as given where they do not."""
        return grid


class Written(Modality):
    """Samples that a person reads: rows of a table, texts."""

    @abstractmethod
    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        """One stored sample as (name, text), an empty text where something is missing."""


def modality_of(field: Field) -> Modality:
    """The modality that reads a field."""
    return collect("aeexplorer.modalities", Modality)[field.modality](field)
