"""Values that samples can be coloured by.

Samples are coloured by label, split, error, a column of the dataset's table, a tag, or the distortion of the map.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.analysis.maps.distortion import Space, compute_distortion, distortion_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.tags import TAG_PREFIX, tags_of, tags_version
from aeexplorer.core.errors import UserError
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

MAX_CATEGORIES = 12
"""An integer column with more distinct values than this is numeric; with fewer or as many it is categorical."""
DISTORTIONS: Mapping[str, tuple[Literal["false", "missing"], Space]] = {
    "false neighbours": ("false", "latents"),
    "missing neighbours": ("missing", "latents"),
    "false neighbours by inputs": ("false", "inputs"),
    "missing neighbours by inputs": ("missing", "inputs"),
}
"""Kind of distortion of a map, and the space that the map is compared with, by name of the colouring."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """One value per sample.

    Parameters
    ----------
    name
        ``label``, ``split``, ``error``, the name of a column, ``tag: `` and the name of a tag, or a key of `DISTORTIONS`.
    values
        One value per sample: int32 index into `categories` (negative where missing), or float32 (NaN where missing).
    categories
        Names of the categories in order; None for numeric values.
    note
        Sentence for the user about the values; may be empty.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] | None
    note: str = ""


def offered_colourings(run: Run, method: str = "") -> list[str]:
    """List the names of the colourings of a run.

    Parameters
    ----------
    run
        A run.
    method
        Projection method of a map. If given, the distortions of such a map are listed too.
    """
    table = run.dataset.table
    columns = [c for c in table.column_names if c not in ("id", "source", "label") and _is_supported(table.schema.field(c).type)]
    names = [*(["label"] if run.dataset.label_names else []), "split", *(["error"] if run.finished else []), *columns]
    distortions = [name for name, (_, against) in DISTORTIONS.items() if method and (method, against) != ("latents", "latents")]
    return [*names, *(TAG_PREFIX + name for name in tags_of(run)), *(name for name in distortions if name not in columns)]


def colouring(run: Run, name: str, ids: np.ndarray, projection: Projection | None = None) -> Colouring:
    """Return the values of a colouring, in the order of the ids.

    Parameters
    ----------
    run
        A run.
    name
        One of `offered_colourings`.
    ids
        Ids of samples.
    projection
        Map of the samples; needed for distortions only. Samples that are not on the map have the value NaN.

    Raises
    ------
    UserError
        If the run has no colouring of that name.
    """
    dataset = run.dataset
    offered = offered_colourings(run, projection.method if projection else "")
    if name not in offered:
        raise UserError(f"there is no {name!r} to colour by", f"Choose one of {', '.join(offered)}")
    if name == "label":
        assert dataset.labels is not None
        return Colouring(name, dataset.labels[ids], tuple(dataset.label_names))
    if name == "split":
        return Colouring(name, dataset.split[ids].astype(np.int32), SPLITS)
    if name == "error":
        return Colouring(name, np.asarray(run.errors[ids]), None)
    if name in dataset.table.column_names:
        return _column_colouring(name, dataset.table[name], ids)
    if name.startswith(TAG_PREFIX):
        tag = name.removeprefix(TAG_PREFIX)
        return Colouring(name, np.where(np.isin(ids, tags_of(run)[tag]), 0, -1).astype(np.int32), (tag,))
    assert projection is not None
    return _distortion_colouring(run, name, ids, projection)


def required_job(run: Run, name: str, projection: Projection) -> str:
    """Return the background job that must finish before a map can be coloured, see `aeexplorer.background.kinds`.

    The result is empty where no job is needed.
    """
    if name in run.dataset.table.column_names or name not in DISTORTIONS:
        return ""
    return distortion_job(run, projection, DISTORTIONS[name][1])


def colouring_version(run: Run, name: str) -> str:
    """Return a cache key that changes when people change the values of a colouring; results of the run are not part of it."""
    return tags_version(run) if name.startswith(TAG_PREFIX) else ""


def _is_supported(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string))


def _column_colouring(name: str, column: pa.ChunkedArray, ids: np.ndarray) -> Colouring:
    kind = column.type
    distinct = pc.unique(column.combine_chunks()).drop_null()
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and len(distinct) > MAX_CATEGORIES):
        return Colouring(name, column.cast(pa.float64()).to_numpy()[ids].astype(np.float32), None)
    categories = sorted(distinct.to_pylist())
    indices = pc.index_in(column.combine_chunks(), pa.array(categories, kind)).fill_null(-1)
    return Colouring(name, indices.to_numpy(zero_copy_only=False)[ids].astype(np.int32), tuple(map(str, categories)))


def _distortion_colouring(run: Run, name: str, ids: np.ndarray, projection: Projection) -> Colouring:
    kind, against = DISTORTIONS[name]
    values = np.full(run.dataset.n, np.nan, np.float32)
    distortion = compute_distortion(run, projection, against)
    values[projection.ids] = getattr(distortion, kind)
    note = f"{name} computed over {distortion.n_compared:,} samples; others have the value of the nearest of them on the map"
    return Colouring(name, values[ids], None, note if distortion.n_compared < len(projection.ids) else "")
