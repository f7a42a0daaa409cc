"""What every fusion offers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from aeexplorer.models.parts import PartSettings


class Fusion(nn.Module, ABC):
    """The tokens of several fields, any of them missing, → the tokens that the bottleneck takes."""

    @abstractmethod
    def forward(self, tokens: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """``{field: (B, T, width of field)} → (B, T, width)``.

        Parameters
        ----------
        tokens
            Of the fields that are there at all.
        present
            Of fields that some samples do not have, which do, bool ``(B,)``; all samples have the others.
        """


class FusionSettings(PartSettings):
    """Settings of a fusion."""

    def build(self, widths: Mapping[str, int]) -> tuple[Fusion, int]:
        """The module for fields of those widths, and the width that it gives."""
        raise TypeError(f"{type(self).__name__} builds no fusion")
