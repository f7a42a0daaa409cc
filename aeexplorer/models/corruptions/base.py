"""The interface of a corruption."""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.parts import PartSettings


class CorruptionSettings(PartSettings):
    """Settings of a corruption, and the function of the clean input that it applies (Vincent et al. 2008, ICML)."""

    modalities: ClassVar[frozenset[str] | None] = None
    """Modalities that the corruption supports; None for all modalities except `unfit`. Other fields stay unchanged."""
    unfit: ClassVar[frozenset[str]] = frozenset()
    """Modalities for which the corruption makes no sense."""

    drops_fields: ClassVar[bool] = False
    """Whether the corruption hides whole fields, by NaN."""

    def fits(self, modality: Modality) -> bool:
        """Return whether the corruption supports a modality."""
        return modality.name not in self.unfit and (self.modalities is None or modality.name in self.modalities)

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        """Corrupt a batch of one field, with fresh randomness in each call.

        Parameters
        ----------
        x
            Clean samples in x-space, ``(B, *shape)``.
        modality
            Modality of the field, one that the corruption fits.

        Returns
        -------
        Tensor
            Corrupted samples in x-space, ``(B, *shape)``.
        """
        raise TypeError(f"{type(self).__name__} corrupts nothing")

    def corrupt_all(self, x: Mapping[str, Tensor], modalities: Mapping[str, Modality]) -> dict[str, Tensor]:
        """Corrupt all fields of a batch, by name. Fields that the corruption does not fit stay unchanged."""
        return {
            name: self.corrupt(batch, modalities[name]) if self.fits(modalities[name]) else batch for name, batch in x.items()
        }


PICTURES = frozenset({"image", "audio", "video"})
"""Modalities whose samples are pictures, or sequences of pictures, in x-space."""
