"""Tables: float32 ``(columns,)``, numbers as they are, categories as their index, NaN where a value is missing."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.tabular import column_scale
from aeexplorer.data.units import format_value
from aeexplorer.modalities.base import Network, NetworkSettings, PixelLikelihood, Written
from aeexplorer.modalities.networks.columns import FromColumns, ToColumns
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.linear import build_linear
from aeexplorer.modalities.networks.missing import AppendMissingMask, ZeroMissing
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.transformer import build_transformer


class Tabular(Written):
    """Rows of numeric and categorical columns.

    In x-space, all numeric features come first, then the one-hot blocks of the categorical columns:

    - A numeric column is one feature, scaled so that the training split spans [0, 1], or by its z-score (see
      `aeexplorer.data.tabular.column_scale`).
    - A categorical column is one feature per category (one-hot). The encoder's first linear layer therefore holds an
      embedding of each category.

    The encoder also sees which features are missing.
    """

    name = "tabular"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.columns = list(field.meta["columns"])
        self._numeric = [i for i, c in enumerate(self.columns) if c["kind"] == "numeric"]
        self._categorical = [i for i, c in enumerate(self.columns) if c["kind"] == "categorical"]
        self._category_counts = [len(self.columns[i]["categories"]) for i in self._categorical]
        blocks = zip(self._categorical, self._category_counts, strict=True)
        self._column_of_feature = [*self._numeric, *(column for column, count in blocks for _ in range(count))]
        low, span = column_scale(field.meta)
        self._low = torch.tensor(low[self._numeric], dtype=torch.float32)
        self._span = torch.tensor(span[self._numeric], dtype=torch.float32)

    @property
    def size(self) -> int:
        """Number of features in x-space."""
        return len(self._numeric) + sum(self._category_counts)

    @property
    def columns_of_features(self) -> Tensor:
        """Column that each feature of x-space belongs to: int64 ``(size,)``."""
        return torch.tensor(self._column_of_feature)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        def dense_with_mask(settings: NetworkSettings, tokens: int) -> Network:
            inner = build_dense((self.size,), settings, tokens, input_size=2 * self.size)
            return Network(nn.Sequential(AppendMissingMask(), inner.encoder), inner.decoder, inner.width)

        def linear_without_mask(settings: NetworkSettings, tokens: int) -> Network:
            inner = build_linear((self.size,), settings, tokens)
            return Network(nn.Sequential(ZeroMissing(), inner.encoder), inner.decoder, inner.width)

        return {
            "dense": dense_with_mask,
            "linear": linear_without_mask,
            "recurrent": lambda settings, tokens: self._build_by_columns(build_recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._build_by_columns(build_dilated, settings, tokens),
            "transformer": lambda settings, tokens: self._build_by_columns(build_transformer, settings, tokens),
        }

    def _build_by_columns(
        self, build: Callable[[SequenceShape, NetworkSettings], Network], settings: NetworkSettings, tokens: int
    ) -> Network:
        """Build a network that reads a row column by column, in the order of the table."""
        features_of_column: list[list[int]] = [[] for _ in self.columns]
        for feature, column in enumerate(self._column_of_feature):
            features_of_column[column].append(feature)
        widest = max(map(len, features_of_column))
        inner = build(SequenceShape(len(features_of_column), widest + 1, widest, (tokens,)), settings)
        return Network(
            encoder=nn.Sequential(ToColumns(features_of_column), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromColumns(features_of_column)),
            width=inner.width,
        )

    def natural_tokens(self) -> int:
        return min(8, max(2, self.size // 2))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        low, span = self._low.to(raw.device), self._span.to(raw.device)
        features = [(raw[:, self._numeric] - low) / span]
        for column, count in zip(self._categorical, self._category_counts, strict=True):
            index = raw[:, column]
            one_hot = nn.functional.one_hot(index.nan_to_num(0.0).long(), count).float()  # (B, count)
            features.append(torch.where(index.isnan()[:, None], torch.nan, one_hot))
        return torch.cat(features, 1)  # (B, size)

    def restore(self, x: Tensor) -> np.ndarray:
        x = x.detach().cpu()
        raw = torch.empty(len(x), len(self.columns))
        numeric, *blocks = x.split([len(self._numeric), *self._category_counts], 1)
        raw[:, self._numeric] = numeric * self._span + self._low
        for column, block in zip(self._categorical, blocks, strict=True):
            raw[:, column] = block.argmax(1).float()
        return raw.numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """Add the likelihood over numeric columns and the cross-entropy of each categorical column, ``(B,)``, in nats."""
        numeric, *logits = output.split([len(self._numeric), *self._category_counts], 1)
        target, *one_hots = x.split([len(self._numeric), *self._category_counts], 1)
        nats = likelihood.nll(numeric, target, ~target.isnan()) if self._numeric else output.new_zeros(len(x))
        for logit, one_hot in zip(logits, one_hots, strict=True):
            nats = nats - (logit.log_softmax(1) * one_hot.nan_to_num(0.0)).sum(1)  # a missing category costs nothing
        return nats

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        numeric, *logits = output.split([len(self._numeric), *self._category_counts], 1)
        return torch.cat([likelihood.mean(numeric), *(logit.softmax(1) for logit in logits)], 1)

    def error(self, reconstruction: Tensor, x: Tensor) -> Tensor:
        """Compute the mean error over the known columns, ``(B,)``, so that every column counts once.

        The error of a number is its squared error in [0, 1] units. The error of a category is half the squared error of the
        probabilities (Brier 1950, MWR 78:1), which lies in [0, 1], too.
        """
        squares = (reconstruction - x).square()
        numbers, *categories = squares.split([len(self._numeric), *self._category_counts], 1)
        columns = [numbers, *(block.sum(1, keepdim=True) / 2 for block in categories)]
        return torch.cat(columns, 1).nanmean(1)

    def part_errors(self, reconstruction: Tensor, x: Tensor) -> dict[str, Tensor]:
        """Compute the error of each column: squared for numbers, 1 or 0 for categories (wrong or right)."""
        sizes = [len(self._numeric), *self._category_counts]
        numbers, *outputs = reconstruction.split(sizes, 1)
        truth, *targets = x.split(sizes, 1)
        errors = dict(zip(self._numeric, (numbers - truth).square().unbind(1), strict=True))
        for column, output, target in zip(self._categorical, outputs, targets, strict=True):
            is_wrong = (output.argmax(1) != target.argmax(1)).float()
            errors[column] = is_wrong.masked_fill(target[:, 0].isnan(), torch.nan)
        return {str(self.columns[column]["name"]): errors[column] for column in sorted(errors)}

    @property
    def counted_parts(self) -> frozenset[str]:
        return frozenset(str(self.columns[column]["name"]) for column in self._categorical)

    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        """Format one stored row as (column, value) pairs, in the columns' own units."""
        return [(column["name"], format_value(column, value)) for column, value in zip(self.columns, raw.tolist(), strict=True)]
