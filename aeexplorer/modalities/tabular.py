"""Tables: float32 ``(columns,)``, numbers as they are, categories as their index, NaN where missing."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.tabular import moment, scale_of
from aeexplorer.modalities.base import Network, NetworkSettings, PixelLikelihood, Written
from aeexplorer.modalities.networks.columns import FromColumns, ToColumns
from aeexplorer.modalities.networks.dense import dense
from aeexplorer.modalities.networks.dilated import dilated
from aeexplorer.modalities.networks.linear import linear
from aeexplorer.modalities.networks.missing import KnownOrZero, WithMask
from aeexplorer.modalities.networks.recurrent import recurrent
from aeexplorer.modalities.networks.sequences import Steps
from aeexplorer.modalities.networks.transformer import transformer


class Tabular(Written):
    """Rows of numeric and categorical columns.

    In x-space a numeric column is one feature, scaled so that the training split spans [0, 1] (or by its z-score, see
    `aeexplorer.data.tabular.scale_of`); a categorical column is one feature per category (one-hot): the encoder's first
    linear layer holds an embedding of each category. The encoder also sees which features are missing.
    """

    name = "tabular"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.columns = list(field.meta["columns"])
        self._numeric = [i for i, c in enumerate(self.columns) if c["kind"] == "numeric"]
        self._categorical = [i for i, c in enumerate(self.columns) if c["kind"] == "categorical"]
        self._sizes = [len(self.columns[i]["categories"]) for i in self._categorical]
        blocks = zip(self._categorical, self._sizes, strict=True)
        self._owners = [*self._numeric, *(column for column, size in blocks for _ in range(size))]
        low, span = scale_of(field.meta)
        self._low = torch.tensor(low[self._numeric], dtype=torch.float32)
        self._span = torch.tensor(span[self._numeric], dtype=torch.float32)

    @property
    def size(self) -> int:
        """Number of features in x-space."""
        return len(self._numeric) + sum(self._sizes)

    @property
    def columns_of_features(self) -> Tensor:
        """Which column each feature of x-space belongs to: int64 ``(size,)``."""
        return torch.tensor(self._owners)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        def with_mask(settings: NetworkSettings, tokens: int) -> Network:
            network = dense((self.size,), settings, tokens, read=2 * self.size)
            return Network(nn.Sequential(WithMask(), network.encoder), network.decoder, network.width)

        def without_mask(settings: NetworkSettings, tokens: int) -> Network:
            network = linear((self.size,), settings, tokens)
            return Network(nn.Sequential(KnownOrZero(), network.encoder), network.decoder, network.width)

        return {
            "dense": with_mask,
            "linear": without_mask,
            "recurrent": lambda settings, tokens: self._by_columns(recurrent, settings, tokens),
            "dilated": lambda settings, tokens: self._by_columns(dilated, settings, tokens),
            "transformer": lambda settings, tokens: self._by_columns(transformer, settings, tokens),
        }

    def _by_columns(self, build: Callable[[Steps, NetworkSettings], Network], settings: NetworkSettings, tokens: int) -> Network:
        """A network that reads a row column by column, in the table's order."""
        ordered: list[list[int]] = [[] for _ in self.columns]
        for place, column in enumerate(self._owners):
            ordered[column].append(place)
        widest = max(map(len, ordered))
        inner = build(Steps(len(ordered), widest + 1, widest, (tokens,)), settings)
        return Network(
            encoder=nn.Sequential(ToColumns(ordered), inner.encoder),
            decoder=nn.Sequential(inner.decoder, FromColumns(ordered)),
            width=inner.width,
        )

    def natural_tokens(self) -> int:
        return min(8, max(2, self.size // 2))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        low, span = self._low.to(raw.device), self._span.to(raw.device)
        features = [(raw[:, self._numeric] - low) / span]
        for column, size in zip(self._categorical, self._sizes, strict=True):
            index = raw[:, column]
            one_hot = nn.functional.one_hot(index.nan_to_num(0.0).long(), size).float()
            features.append(torch.where(index.isnan()[:, None], torch.nan, one_hot))
        return torch.cat(features, 1)

    def restore(self, x: Tensor) -> np.ndarray:
        x = x.detach().cpu()
        raw = torch.empty(len(x), len(self.columns))
        numeric, *blocks = x.split([len(self._numeric), *self._sizes], 1)
        raw[:, self._numeric] = numeric * self._span + self._low
        for column, block in zip(self._categorical, blocks, strict=True):
            raw[:, column] = block.argmax(1).float()
        return raw.numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """The likelihood over numeric columns plus the cross-entropy of each categorical one."""
        numeric, *blocks = output.split([len(self._numeric), *self._sizes], 1)
        target, *truths = x.split([len(self._numeric), *self._sizes], 1)
        nats = likelihood.nll(numeric, target, ~target.isnan()) if self._numeric else output.new_zeros(len(x))
        for block, truth in zip(blocks, truths, strict=True):
            nats = nats - (block.log_softmax(1) * truth.nan_to_num(0.0)).sum(1)
        return nats

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        numeric, *blocks = output.split([len(self._numeric), *self._sizes], 1)
        return torch.cat([likelihood.mean(numeric), *(block.softmax(1) for block in blocks)], 1)

    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        """One stored row as (column, value)."""
        return [(column["name"], _text(column, value)) for column, value in zip(self.columns, raw.tolist(), strict=True)]


def _text(column: Mapping[str, object], value: float) -> str:
    if np.isnan(value):
        return ""
    if start := column.get("start"):
        return moment(str(start), value)
    categories = column.get("categories")
    if isinstance(categories, list) and column["kind"] == "categorical":
        return str(categories[int(value)])
    return f"{value:.4g}"
