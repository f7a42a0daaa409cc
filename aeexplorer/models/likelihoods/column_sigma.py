"""Gaussian likelihood with a σ for each column of a table, each following its own error."""

import math
from typing import Literal

import torch
from torch import Tensor

from aeexplorer.data.dataset import Field
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings
from aeexplorer.models.likelihoods.optimal_sigma import AVERAGE_WEIGHT, MIN_SIGMA

PRIOR_SAMPLES = 32
"""Weight of the moving average of σ² in a batch, in samples: the error of a column in a few samples says little."""


class ColumnSigmaLikelihood(Likelihood):
    """N(output, σⱼ²) for column j, where σⱼ² is the column's mean squared error, its maximum-likelihood value.

    −log p = Σⱼ ½ (xⱼ − outputⱼ)² / σⱼ² + log σⱼ + ½ log 2π. In training, σⱼ² is the mean over the batch, with gradient, and over
    a moving average that counts like 32 samples. Otherwise it is the moving average. This is the optimal-σ likelihood (Rybkin et
    al. 2021, arXiv:2006.13202) applied to each column.

    Parameters
    ----------
    columns
        Number of columns; 1 for one σ over all features.
    """

    variance: Tensor

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.register_buffer("variance", torch.full((columns,), 0.4**2))

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        is_known = torch.ones_like(x, dtype=torch.bool) if known is None else known
        squares = (output - x).where(is_known, 0.0).square()  # (B, F)
        count = is_known.to(squares.dtype)
        if len(self.variance) == 1:
            squares, count = squares.sum(1, keepdim=True), count.sum(1, keepdim=True)  # (B, 1)
        variance: Tensor = self.variance
        if self.training:
            total = count.sum(0)  # (columns,)
            variance = (squares.sum(0) + PRIOR_SAMPLES * self.variance) / (total + PRIOR_SAMPLES)
            with torch.no_grad():
                mean = squares.sum(0) / total.clamp_min(1)
                self.variance.lerp_(torch.where(total > 0, mean, self.variance), AVERAGE_WEIGHT)
        variance = variance.clamp_min(MIN_SIGMA**2)
        return (0.5 * squares / variance + 0.5 * count * (2 * math.pi * variance).log()).sum(1)

    def mean(self, output: Tensor) -> Tensor:
        return output


class ColumnSigma(LikelihoodSettings):
    """A Gaussian for each column of a table, whose σ is the best value for the error of that column. It needs no tuning."""

    name = "column_sigma"
    title = "Gaussian, optimal σ of each column"
    adapts_spread = True
    kind: Literal["column_sigma"] = "column_sigma"

    def build(self, field: Field) -> Likelihood:
        columns = field.meta.get("columns", ()) if field.modality == "tabular" else ()
        numeric = sum(column["kind"] == "numeric" for column in columns)
        return ColumnSigmaLikelihood(max(1, numeric))
