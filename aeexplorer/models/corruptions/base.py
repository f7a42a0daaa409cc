"""What every corruption offers."""

from torch import Tensor

from aeexplorer.models.config import PartSettings


class CorruptionSettings(PartSettings):
    """A corruption is its settings and one function of the clean input."""

    def corrupt(self, x: Tensor) -> Tensor:
        """x-space in, x-space out: ``(B, *shape)``, random in every batch (Vincent et al. 2008, ICML)."""
        raise TypeError(f"{type(self).__name__} corrupts nothing")
