"""What every kind of model that was made elsewhere offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field as Bounds

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import Modality, Network
from aeexplorer.models.bottlenecks.base import Bottleneck
from aeexplorer.models.parts import PartSettings

LONGEST = 16_384
"""Numbers in the code of a sample at most."""
Count = Annotated[int, Bounds(ge=1, le=65_536)]


@dataclass
class Loaded:
    """An encoder ``(B, *shape) → (B, T, width)`` and a decoder back, what lies between them, and how the T tokens lie."""

    network: Network
    bottleneck: Bottleneck
    grid: tuple[int, ...]


class LoadedSettings(PartSettings):
    """What there is to know of a model from elsewhere before its numbers are put in."""

    def build(self, modality: Modality) -> Loaded:
        """The modules for pictures of a field; raises `UserError` where they do not fit them."""
        raise TypeError(f"{type(self).__name__} builds no model")


def require_pictures(modalities: Mapping[str, Modality]) -> list[str]:
    """The one field of a dataset that a model from elsewhere is for; raises `UserError` where the dataset is of another kind."""
    if [modality.name for modality in modalities.values()] != ["image"]:
        there = ", ".join(modality.name for modality in modalities.values())
        raise UserError(
            f"models from elsewhere are for pictures, and this dataset has {there} data", "Choose a dataset of pictures"
        )
    return list(modalities)


def require_short(numbers: int) -> None:
    """Refuse a code that is too long to be looked into."""
    if numbers > LONGEST:
        raise UserError(
            f"the code of a picture has {numbers:,} numbers, more than the {LONGEST:,} allowed", "Choose smaller pictures"
        )
