"""Statistics of a dataset: columns, values, lengths and duplicate samples."""

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.scaling import is_pixel_shape
from aeexplorer.data.units import to_own
from aeexplorer.data.variants import with_scaling
from aeexplorer.modalities.base import modality_of

MAX_SAMPLES = 2000
"""Number of samples that statistics are computed over."""
_MAX_VALUES = 1 << 24
"""Number of x-space values that statistics are computed over."""
MAX_HASHED_BYTES = 1 << 30
"""Size of the samples that are searched for duplicates, in bytes."""
BINS = 48
"""Number of bins of a histogram of pixel values."""
MAX_PREVIEWS = 10
"""Number of samples in the preview of a scaling."""
_CHUNK_BYTES = 64 << 20


@dataclass(frozen=True)
class ColumnStatistics:
    """Statistics of a table's column or a series' channel in its own units; numbers are NaN for a categorical column."""

    name: str
    kind: str
    mean: float
    std: float
    low: float
    high: float
    missing: float
    """Share of missing values, including padding."""
    histogram: tuple[int, ...]
    """Number of values in equal parts of the range, or number of values in each category."""


@dataclass(frozen=True)
class FieldStatistics:
    """Statistics of a field.

    Parameters
    ----------
    n_examined, n_total
        Number of samples that the statistics are computed over, and number of samples that have the field.
    columns
        Statistics of the columns of a table or the channels of a series; empty for other fields.
    values
        Histogram of the stored values of pictures and videos in `BINS` equal parts of [0, 1], ``(channels, BINS)``; None for
        other fields.
    lengths
        Number of steps or tokens of each examined sample; None where all samples have the same length.
    """

    n_examined: int
    n_total: int
    columns: tuple[ColumnStatistics, ...]
    values: np.ndarray | None
    lengths: np.ndarray | None


@dataclass(frozen=True)
class Duplicates:
    """Samples that are identical in every field, byte by byte.

    Parameters
    ----------
    n_examined, n_total
        Number of compared samples and of all samples.
    groups
        Ids of identical samples. Each group is ascending; the groups are ordered by their first sample.
    leaked
        Number of validation and test samples that are also in the training split.
    """

    n_examined: int
    n_total: int
    groups: tuple[tuple[int, ...], ...]
    leaked: int

    @property
    def repeated(self) -> int:
        """Number of samples that are identical to an earlier sample."""
        return sum(len(group) - 1 for group in self.groups)


def field_statistics(dataset: Dataset, field: Field) -> FieldStatistics:
    """Compute the statistics of a field over at most 2,000 of its samples."""
    present = dataset.ids() if field.present is None else np.flatnonzero(field.present).astype(np.int32)
    # the histogram shows stored values: leave out the scaling of channels
    modality = modality_of(replace(field, meta={k: v for k, v in field.meta.items() if k != "channels"}))
    size = modality.prepare(torch.from_numpy(np.array(field.array[present[:1]]))).numel()
    ids = sample_ids(dataset, max(1, min(MAX_SAMPLES, _MAX_VALUES // max(1, size))), present)
    raw = np.array(field.array[ids])
    x = modality.prepare(torch.from_numpy(raw)).numpy()
    columns = [_column_statistics(column, raw[..., i]) for i, column in enumerate(field.meta.get("columns", ()))]
    values = None
    if modality.complete and not columns and x.ndim > 2:
        edges = np.linspace(0, 1, BINS + 1)
        values = np.stack([np.histogram(x[:, channel], edges)[0] for channel in range(x.shape[1])])
    lengths = None
    if not modality.complete and x.ndim == 3:
        ends = np.where(~np.isnan(x).all(2), np.arange(1, x.shape[1] + 1), 0).max(1)
        lengths = ends if ends.min() < ends.max() else None
    return FieldStatistics(len(ids), len(present), tuple(columns), values, lengths)


@dataclass(frozen=True)
class ScaledField:
    """Preview of a field under a scaling.

    Parameters
    ----------
    values
        x-space values of the numeric columns or channels, float32 ``(any,)``, without missing values.
    samples
        For pictures and videos: some samples as the model sees them, float32 ``(m, *shape)``. None for other fields.
    """

    values: np.ndarray
    samples: np.ndarray | None


def scale_field(dataset: Dataset, field: Field, way: str) -> ScaledField:
    """Scale at most 2,000 samples of a field.

    Parameters
    ----------
    dataset, field
        Dataset and one of its fields.
    way
        Name of the scaling. Its statistics are taken over at most 2,000 training samples where the field has none yet.
    """
    present = np.ones(dataset.n, bool) if field.present is None else np.asarray(field.present)
    limit = max(1, min(MAX_SAMPLES, _MAX_VALUES // math.prod(field.shape)))
    train = np.zeros(dataset.n, bool)
    train[sample_ids(dataset, limit, np.flatnonzero(present & (dataset.split == 0)))] = True
    modality = modality_of(with_scaling(field, way, train if is_pixel_shape(field.shape) else dataset.split == 0))
    ids = sample_ids(dataset, limit, np.flatnonzero(present))
    x = modality.prepare(torch.from_numpy(np.array(field.array[ids]))).numpy()
    if is_pixel_shape(field.shape):
        return ScaledField(x.reshape(-1), x[np.linspace(0, len(x) - 1, min(MAX_PREVIEWS, len(x))).astype(int)])
    # x-space has the numeric columns first
    numeric = sum(column["kind"] == "numeric" for column in field.meta["columns"])
    values = x[..., :numeric].reshape(-1)
    return ScaledField(values[~np.isnan(values)], None)


def _column_statistics(column: dict[str, object], values: np.ndarray) -> ColumnStatistics:
    known = to_own(column, values[~np.isnan(values)])
    missing = 1 - known.size / max(1, values.size)
    name, kind = str(column["name"]), str(column["kind"])
    if kind == "categorical" or not known.size:
        categories = column["categories"] if isinstance(column["categories"], list) else []
        counts = np.bincount(known.astype(np.int64), minlength=len(categories))
        low = high = mean = std = float("nan")
    else:
        counts, _ = np.histogram(known, 16)
        low, high, mean, std = map(float, (known.min(), known.max(), known.mean(), known.std()))
    return ColumnStatistics(name, kind, mean, std, low, high, missing, tuple(counts.tolist()))


def find_duplicates(dataset: Dataset) -> Duplicates:
    """Find samples that are identical in every field, among at most 1 GiB of samples."""
    bytes_each = sum(int(np.prod(f.shape)) * np.dtype(f.dtype).itemsize for f in dataset.fields.values())
    ids = sample_ids(dataset, max(2, MAX_HASHED_BYTES // max(1, bytes_each)))

    # group the samples by their digest
    samples_by_digest: dict[bytes, list[int]] = {}
    step = max(1, _CHUNK_BYTES // max(1, bytes_each))
    for start in range(0, len(ids), step):
        chunk = ids[start : start + step]
        parts = [np.ascontiguousarray(f.array[chunk]) for f in dataset.fields.values()]
        presence = [f.present[chunk] for f in dataset.fields.values() if f.present is not None]
        for i, sample in enumerate(chunk.tolist()):
            digest = hashlib.blake2b(bytes([bool(present[i]) for present in presence]), digest_size=16)
            for part in parts:
                digest.update(part[i].data)
            samples_by_digest.setdefault(digest.digest(), []).append(sample)
    groups = tuple(tuple(group) for group in samples_by_digest.values() if len(group) > 1)

    # count the held-out samples that share a group with a training sample
    split = np.asarray(dataset.split)
    leaked = 0
    for group in groups:
        splits = split[list(group)]
        leaked += int((splits != 0).sum()) if (splits == 0).any() else 0
    return Duplicates(len(ids), dataset.n, groups, leaked)
