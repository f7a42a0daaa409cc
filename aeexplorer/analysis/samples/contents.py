"""What a dataset holds, in figures: columns, values, lengths, and samples that are there twice."""

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.scaling import is_bright
from aeexplorer.data.variants import with_scaling
from aeexplorer.modalities.base import modality_of

LOOKED_AT = 2000
"""Samples that figures are made of, at most."""
_VALUES = 1 << 24  # in x-space, at most
HASHED = 1 << 30
"""Bytes in which duplicates are looked for, at most."""
BINS = 48
SEEN = 10
"""Samples that are shown as a model sees them, at most."""


@dataclass(frozen=True)
class ColumnFigures:
    """A column of a table, or a channel of series, over the samples looked at; numbers are NaN for categories."""

    name: str
    kind: str
    mean: float
    std: float
    low: float
    high: float
    missing: float
    """Share of the values that are missing, padding included."""
    histogram: tuple[int, ...]
    """How often values lie in equal parts of the range, or how often each category occurs."""


@dataclass(frozen=True)
class Contents:
    """Figures of a field.

    Parameters
    ----------
    looked_at, total
        Samples that the figures are made of, and how many have the field.
    columns
        Of a table or of series; empty for others.
    values
        Of pictures and the like: counts of brightnesses, as they are stored, in `BINS` equal parts of [0, 1],
        ``(channels, BINS)``; else None.
    lengths
        Steps or tokens of each sample looked at, where samples differ in length; else None.
    """

    looked_at: int
    total: int
    columns: tuple[ColumnFigures, ...]
    values: np.ndarray | None
    lengths: np.ndarray | None


@dataclass(frozen=True)
class Duplicates:
    """Samples that are the same in every field, byte by byte.

    Parameters
    ----------
    looked_at, total
        Samples compared, and all of them.
    groups
        Ids of samples that are the same, each group in order, the groups by their first.
    leaked
        How many samples for validation or testing are also among those trained on.
    """

    looked_at: int
    total: int
    groups: tuple[tuple[int, ...], ...]
    leaked: int

    @property
    def repeated(self) -> int:
        """How many samples are the same as an earlier one."""
        return sum(len(group) - 1 for group in self.groups)


def contents(dataset: Dataset, field: Field) -> Contents:
    """Figures of a field over at most 2,000 of its samples."""
    there = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    modality = modality_of(replace(field, meta={k: v for k, v in field.meta.items() if k != "channels"}))
    size = modality.prepare(torch.from_numpy(np.array(field.array[there[:1]]))).numel()
    ids = sample_ids(dataset, max(1, min(LOOKED_AT, _VALUES // max(1, size))), there)
    raw = np.array(field.array[ids])
    x = modality.prepare(torch.from_numpy(raw)).numpy()
    columns = [_column(about, raw[..., i]) for i, about in enumerate(field.meta.get("columns", ()))]
    values = None
    if modality.complete and not columns and x.ndim > 2:
        edges = np.linspace(0, 1, BINS + 1)
        values = np.stack([np.histogram(x[:, channel], edges)[0] for channel in range(x.shape[1])])
    lengths = None
    if not modality.complete and x.ndim == 3:
        ends = np.where(~np.isnan(x).all(2), np.arange(1, x.shape[1] + 1), 0).max(1)
        lengths = ends if ends.min() < ends.max() else None
    return Contents(len(ids), len(there), tuple(columns), values, lengths)


@dataclass(frozen=True)
class Scaled:
    """What a way of scaling makes of a field.

    Parameters
    ----------
    values
        x-space values of its numeric columns, or of its channels, float32 ``(any,)``, without missing ones.
    samples
        Of brightnesses: the first samples as a model sees them, float32 ``(m, *shape)``; else None.
    """

    values: np.ndarray
    samples: np.ndarray | None


def scaled(dataset: Dataset, field: Field, way: str) -> Scaled:
    """A field scaled in another way, by the figures of at most 2,000 training samples where it has none yet."""
    there = np.ones(dataset.n, bool) if field.present is None else np.asarray(field.present)
    most = max(1, min(LOOKED_AT, _VALUES // math.prod(field.shape)))
    train = np.zeros(dataset.n, bool)
    train[sample_ids(dataset, most, np.flatnonzero(there & (dataset.split == 0)))] = True
    modality = modality_of(with_scaling(field, way, train if is_bright(field.shape) else dataset.split == 0))
    ids = sample_ids(dataset, most, np.flatnonzero(there))
    x = modality.prepare(torch.from_numpy(np.array(field.array[ids]))).numpy()
    if is_bright(field.shape):
        return Scaled(x.reshape(-1), x[np.linspace(0, len(x) - 1, min(SEEN, len(x))).astype(int)])
    numeric = sum(about["kind"] == "numeric" for about in field.meta["columns"])
    values = x[..., :numeric].reshape(-1)
    return Scaled(values[~np.isnan(values)], None)


def _column(about: dict[str, object], values: np.ndarray) -> ColumnFigures:
    known = values[~np.isnan(values)].astype(np.float64)
    missing = 1 - known.size / max(1, values.size)
    name, kind = str(about["name"]), str(about["kind"])
    if kind == "categorical" or not known.size:
        categories = about["categories"] if isinstance(about["categories"], list) else []
        counts = np.bincount(known.astype(np.int64), minlength=len(categories))
        low = high = mean = std = float("nan")
    else:
        counts, _ = np.histogram(known, 16)
        low, high, mean, std = map(float, (known.min(), known.max(), known.mean(), known.std()))
    return ColumnFigures(name, kind, mean, std, low, high, missing, tuple(counts.tolist()))


def duplicates(dataset: Dataset) -> Duplicates:
    """Samples that are the same in every field, looked for in at most 1 GiB of samples."""
    bytes_each = sum(int(np.prod(f.shape)) * np.dtype(f.dtype).itemsize for f in dataset.fields.values())
    ids = sample_ids(dataset, max(2, HASHED // max(1, bytes_each)))
    seen: dict[bytes, list[int]] = {}
    step = max(1, (64 << 20) // max(1, bytes_each))
    for start in range(0, len(ids), step):
        chunk = ids[start : start + step]
        parts = [np.ascontiguousarray(f.array[chunk]) for f in dataset.fields.values()]
        present = [f.present[chunk] for f in dataset.fields.values() if f.present is not None]
        for i, sample in enumerate(chunk.tolist()):
            digest = hashlib.blake2b(bytes([bool(there[i]) for there in present]), digest_size=16)
            for part in parts:
                digest.update(part[i].data)
            seen.setdefault(digest.digest(), []).append(sample)
    groups = tuple(tuple(group) for group in seen.values() if len(group) > 1)
    split = np.asarray(dataset.split)
    leaked = 0
    for group in groups:
        places = split[list(group)]
        leaked += int((places != 0).sum()) if (places == 0).any() else 0
    return Duplicates(len(ids), dataset.n, groups, leaked)
