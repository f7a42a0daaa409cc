"""What samples are coloured by: label, split, error, a column of the dataset's table, a tag, or how a map distorts them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.analysis.maps.distortion import Space, distortion, distortion_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.tags import PREFIX, tags_mark, tags_of
from aeexplorer.core.errors import UserError
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

FEW = 12
"""A column of whole numbers with no more distinct values than this is categorical."""
DISTORTIONS: Mapping[str, tuple[Literal["false", "missing"], Space]] = {
    "false neighbours": ("false", "latents"),
    "missing neighbours": ("missing", "latents"),
    "false neighbours by inputs": ("false", "inputs"),
    "missing neighbours by inputs": ("missing", "inputs"),
}
"""How a map distorts the neighbourhood of each sample, and the space that it is judged by."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """A value a sample.

    Parameters
    ----------
    name
        What it is: ``label``, ``split``, ``error``, a column, ``tag: `` and its name, or one of `DISTORTIONS`.
    values
        Of some samples: int32 index into `categories` (negative where missing), or float32 (NaN where missing).
    categories
        Names in order; None where the values are numbers.
    note
        What to know about the values.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] | None
    note: str = ""


def colourings(run: Run, method: str = "") -> list[str]:
    """What the samples of a run can be coloured by; on maps of a method, by how these distort them too."""
    table = run.dataset.table
    columns = [c for c in table.column_names if c not in ("id", "source", "label") and _readable(table.schema.field(c).type)]
    known = [*(["label"] if run.dataset.label_names else []), "split", *(["error"] if run.finished else []), *columns]
    distorting = [name for name, (_, against) in DISTORTIONS.items() if method and (method, against) != ("latents", "latents")]
    return [*known, *(PREFIX + name for name in tags_of(run)), *(name for name in distorting if name not in columns)]


def colouring(run: Run, name: str, ids: np.ndarray, made: Projection | None = None) -> Colouring:
    """The values of samples, in the order of their ids.

    Parameters
    ----------
    run
        A run.
    name
        One of `colourings`.
    ids
        Which samples.
    made
        The map that they are on; only its distortions need it, and of samples that it does not show these are NaN.

    Raises
    ------
    UserError
        If there is nothing of that name to colour by.
    """
    dataset = run.dataset
    offered = colourings(run, made.method if made else "")
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
        return _of_column(name, dataset.table[name], ids)
    if name.startswith(PREFIX):
        tag = name.removeprefix(PREFIX)
        return Colouring(name, np.where(np.isin(ids, tags_of(run)[tag]), 0, -1).astype(np.int32), (tag,))
    assert made is not None
    kind, against = DISTORTIONS[name]
    values = np.full(dataset.n, np.nan, np.float32)
    found = distortion(run, made, against)
    values[made.ids] = getattr(found, kind)
    part = f"{name} computed over {found.looked_at:,} samples, the others have those of the nearest of them on the map"
    return Colouring(name, values[ids], None, part if found.looked_at < len(made.ids) else "")


def job_awaited_by(run: Run, name: str, made: Projection) -> str:
    """What the projection process has to make before a map is coloured so, see `aeexplorer.background.kinds`; often nothing."""
    if name in run.dataset.table.column_names or name not in DISTORTIONS:
        return ""
    return distortion_job(run, made, DISTORTIONS[name][1])


def colour_mark(run: Run, name: str) -> str:
    """What changes when the values of a colouring do, besides the run's results; for caches."""
    return tags_mark(run) if name.startswith(PREFIX) else ""


def _readable(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string))


def _of_column(name: str, column: pa.ChunkedArray, ids: np.ndarray) -> Colouring:
    kind = column.type
    distinct = pc.unique(column.combine_chunks()).drop_null()
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and len(distinct) > FEW):
        return Colouring(name, column.cast(pa.float64()).to_numpy()[ids].astype(np.float32), None)
    categories = sorted(distinct.to_pylist())
    places = pc.index_in(column.combine_chunks(), pa.array(categories, kind)).fill_null(-1)
    return Colouring(name, places.to_numpy(zero_copy_only=False)[ids].astype(np.int32), tuple(map(str, categories)))
