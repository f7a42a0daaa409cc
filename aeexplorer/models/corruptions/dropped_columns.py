"""Missing columns of a table: the model learns to fill them in (Gondara & Wang 2018, arXiv:1705.02737)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.modalities.tabular import Tabular
from aeexplorer.models.corruptions.base import CorruptionSettings


class DroppedColumns(CorruptionSettings):
    """Each column of a row, with all its categories, is missing with some probability. The encoder sees which ones are."""

    name = "dropped_columns"
    title = "Dropped columns"
    modalities = frozenset({"tabular"})
    kind: Literal["dropped_columns"] = "dropped_columns"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.3
    """Probability that a column is dropped."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        if not isinstance(modality, Tabular):
            raise TypeError(f"dropped columns need tabular data, got {modality.name}")
        column_of_feature = modality.columns_of_features.to(x.device)  # (features,)
        dropped = torch.rand(len(x), len(modality.columns), device=x.device) < self.share  # (B, columns)
        return x.masked_fill(dropped[:, column_of_feature], torch.nan)
