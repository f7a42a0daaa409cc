"""The interface of a model that was trained outside the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field as Bounds

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import Modality, Network
from aeexplorer.models.bottlenecks.base import Bottleneck
from aeexplorer.models.parts import PartSettings

MAX_CODE_NUMBERS = 16_384
"""Most numbers in the code of a sample."""
Count = Annotated[int, Bounds(ge=1, le=65_536)]


@dataclass
class LoadedParts:
    """Modules of a loaded model."""

    network: Network
    """Encoder ``(B, *shape) → (B, T, width)`` and decoder back."""
    bottleneck: Bottleneck
    """Bottleneck between encoder and decoder."""
    grid: tuple[int, ...]
    """Arrangement of the T tokens in the sample."""


class LoadedSettings(PartSettings):
    """Settings of a loaded model: what must be known to build its modules before its weights are read."""

    def build(self, modality: Modality) -> LoadedParts:
        """Build the modules for pictures of a field.

        Raises
        ------
        UserError
            If the modules do not fit the pictures.
        """
        raise TypeError(f"{type(self).__name__} builds no model")


def require_pictures(modalities: Mapping[str, Modality]) -> list[str]:
    """Return the name of the dataset's only field, as a list, if it holds images.

    Raises
    ------
    UserError
        If the dataset has other fields.
    """
    if [modality.name for modality in modalities.values()] != ["image"]:
        actual = ", ".join(modality.name for modality in modalities.values())
        raise UserError(
            f"models from elsewhere are for pictures, and this dataset has {actual} data", "Choose a dataset of pictures"
        )
    return list(modalities)


def check_code_length(numbers: int) -> None:
    """Raise `UserError` if a code has more than `MAX_CODE_NUMBERS` numbers."""
    if numbers > MAX_CODE_NUMBERS:
        raise UserError(
            f"the code of a picture has {numbers:,} numbers, more than the {MAX_CODE_NUMBERS:,} allowed",
            "Choose smaller pictures",
        )
