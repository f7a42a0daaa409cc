"""The interface of a fusion."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from aeexplorer.models.parts import PartSettings


class Fusion(nn.Module, ABC):
    """Module that combines the tokens of several fields, any of them missing, into the input of the bottleneck."""

    @abstractmethod
    def forward(self, tokens: Mapping[str, Tensor], present: Mapping[str, Tensor]) -> Tensor:
        """Combine the tokens of all fields.

        Parameters
        ----------
        tokens
            Tokens of each field in the batch, ``{field: (B, T, width of the field)}``.
        present
            For each field that some samples lack, which samples have it: bool ``(B,)``. All samples have the other fields.

        Returns
        -------
        Tensor
            ``(B, T, width)``.
        """


class FusionSettings(PartSettings):
    """Settings of a fusion."""

    def build(self, widths: Mapping[str, int]) -> tuple[Fusion, int]:
        """Build the module for fields with tokens of these widths, and return it with the width of its output."""
        raise TypeError(f"{type(self).__name__} builds no fusion")
