"""The interface of a modality: samples to network inputs and back, suitable networks, and what a person sees."""

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
    """−log p of flat features (see `aeexplorer.models.likelihoods.base.Likelihood`)."""

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor: ...
    def mean(self, output: Tensor) -> Tensor: ...


@dataclass
class Network:
    """An encoder ``(B, *shape) → (B, T, width)`` and a decoder ``(B, T, width) → (B, *shape)``.

    T is the number of tokens that describe a sample, ``width`` the number of features of each token.
    """

    encoder: nn.Module
    decoder: nn.Module
    width: int


class Modality(ABC):
    """Conversion, networks and loss for the samples of one field.

    All tensors from `prepare` to `mean` are in *x-space*: float32, features in [0, 1] units, NaN where a value is missing.

    Parameters
    ----------
    field
        Field of the dataset that the samples belong to.
    """

    name: ClassVar[str]
    """Name of the modality, as in `Field.modality`."""
    complete: ClassVar[bool]
    """Whether every sample has all its values, so that x-space never contains NaN."""

    def __init__(self, field: Field) -> None:
        self.field = field

    @property
    @abstractmethod
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        """Builders of the networks that fit this field, by name, best first. Each takes the settings and the token count T."""

    @abstractmethod
    def natural_tokens(self) -> int:
        """Return a token count that describes a sample well. For pictures: (a quarter of the side)²."""

    @abstractmethod
    def grid(self, tokens: int) -> tuple[int, ...]:
        """Return how about `tokens` tokens are arranged in a sample, such as ``(rows, columns)`` for pictures.

        The product of the grid is the number of tokens that is really used.
        """

    @abstractmethod
    def prepare(self, raw: Tensor) -> Tensor:
        """Convert stored samples ``(B, *field.shape)`` to x-space."""

    @abstractmethod
    def restore(self, x: Tensor) -> np.ndarray:
        """Convert x-space back to arrays like the stored samples, in their original units."""

    @abstractmethod
    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """Compute −log p(x | decoder output), ``(B,)``, in nats per sample: summed over all known features."""

    @abstractmethod
    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        """Convert the decoder output to the expected sample in x-space."""

    def error(self, reconstruction: Tensor, x: Tensor) -> Tensor:
        """Compute the error of each sample, ``(B,)``: the mean squared error per known feature, in [0, 1] units.

        Modalities for whose features a squared error means little define another error in [0, 1].
        """
        squares = (reconstruction - x).flatten(1).square_()
        return squares.mean(1) if self.complete else squares.nanmean(1)

    def part_errors(self, reconstruction: Tensor, x: Tensor) -> dict[str, Tensor]:
        """Compute the error of each part of a sample that is judged by itself, such as a column of a table.

        Returns
        -------
        dict
            Name of the part → error ``(B,)``, NaN where the part is missing. By default the only part, without a name, is the
            whole sample. The errors of the parts in `counted_parts` are 1 where the part is wrong and 0 where it is right, or
            the share that is wrong; those of the other parts are squared errors.
        """
        return {"": self.error(reconstruction, x)}

    @property
    def counted_parts(self) -> frozenset[str]:
        """Names of the parts that are right or wrong, such as categories."""
        return frozenset()

    def network(self, name: str, settings: NetworkSettings, tokens: int) -> Network:
        """Build the named network; ``auto`` selects the best network for this field.

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
    """A modality whose samples are shown as pictures: images, spectrograms, curves or strips of video frames."""

    @abstractmethod
    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Draw stored samples ``(m, *shape)`` as pictures, uint8 ``(m, h, w, 3)``."""

    @abstractmethod
    def difference_images(self, difference: np.ndarray) -> np.ndarray:
        """Arrange differences in x-space ``(m, *shape)`` like the pictures: float32 ``(m, h, w)``, NaN where unknown."""

    def arrange_codes(self, grid: np.ndarray) -> np.ndarray:
        """Arrange the codes of a sample like its picture.

        Parameters
        ----------
        grid
            Codes in the shape that `grid` returns.

        Returns
        -------
        numpy.ndarray
            ``(rows, columns)`` as in the picture; `grid` unchanged if its axes have no counterpart in the picture.
        """
        return grid


class Written(Modality):
    """A modality whose samples are shown as text: rows of a table, texts."""

    @abstractmethod
    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        """Format one stored sample as (name, text) pairs. The text is empty where a value is missing."""


def modality_of(field: Field) -> Modality:
    """Return the modality that reads a field."""
    return collect("aeexplorer.modalities", Modality)[field.modality](field)


def pictured_modality(field: Field) -> Pictured:
    """Return the modality of a field whose samples are shown as pictures.

    Raises
    ------
    TypeError
        If samples of the field are not shown as pictures.
    """
    modality = modality_of(field)
    if not isinstance(modality, Pictured):
        raise TypeError(f"the field {field.name!r} holds {field.modality} data, which is not shown as pictures")
    return modality


def written_modality(field: Field) -> Written:
    """Return the modality of a field whose samples are shown as text.

    Raises
    ------
    TypeError
        If samples of the field are not shown as text.
    """
    modality = modality_of(field)
    if not isinstance(modality, Written):
        raise TypeError(f"the field {field.name!r} holds {field.modality} data, which is not shown as text")
    return modality
