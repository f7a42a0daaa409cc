"""What every corruption offers."""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.models.parts import PartSettings


class CorruptionSettings(PartSettings):
    """A corruption is its settings and one function of the clean input."""

    modalities: ClassVar[frozenset[str] | None] = None
    """Modalities that it is for; None is every one but those of `unfit`. Fields of others pass as they are."""
    unfit: ClassVar[frozenset[str]] = frozenset()
    """Modalities that it makes no sense for."""

    drops_fields: ClassVar[bool] = False
    """Whether it hides fields as a whole, by NaN."""

    def fits(self, modality: Modality) -> bool:
        """Whether it is for such data."""
        return modality.name not in self.unfit and (self.modalities is None or modality.name in self.modalities)

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        """x-space in, x-space out: ``(B, *shape)``, random in every batch (Vincent et al. 2008, ICML).

        `modality` is one that it fits, of the field that the samples are from.
        """
        raise TypeError(f"{type(self).__name__} corrupts nothing")

    def corrupt_all(self, x: Mapping[str, Tensor], modalities: Mapping[str, Modality]) -> dict[str, Tensor]:
        """All fields of a batch, by name; those that it is not for pass as they are."""
        return {
            name: self.corrupt(batch, modalities[name]) if self.fits(modalities[name]) else batch for name, batch in x.items()
        }


PICTURES = frozenset({"image", "audio", "video"})
