"""What samples are coloured by: label, split, error, or any column of the dataset's table."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.split import SPLITS
from aeexplorer.errors import UserError
from aeexplorer.training.run import Run

FEW = 12
"""A column of whole numbers with no more distinct values than this is categorical."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """A value a sample.

    Parameters
    ----------
    name
        What it is: ``label``, ``split``, ``error`` or a column.
    values
        Of some samples: int32 index into `categories` (negative where missing), or float32 (NaN where missing).
    categories
        Names in order; None where the values are numbers.
    """

    name: str
    values: np.ndarray
    categories: tuple[str, ...] | None


def colourings(run: Run) -> list[str]:
    """What the samples of a run can be coloured by."""
    table = run.dataset.table
    columns = [c for c in table.column_names if c not in ("id", "source", "label") and _readable(table.schema.field(c).type)]
    return [*(["label"] if run.dataset.label_names else []), "split", *(["error"] if run.finished else []), *columns]


def colouring(run: Run, name: str, ids: np.ndarray) -> Colouring:
    """The values of samples, in the order of their ids.

    Raises
    ------
    UserError
        If there is nothing of that name to colour by.
    """
    dataset = run.dataset
    if name not in colourings(run):
        raise UserError(f"there is no {name!r} to colour by", f"Choose one of {', '.join(colourings(run))}")
    if name == "label":
        assert dataset.labels is not None
        return Colouring(name, dataset.labels[ids], tuple(dataset.label_names))
    if name == "split":
        return Colouring(name, dataset.split[ids].astype(np.int32), SPLITS)
    if name == "error":
        return Colouring(name, np.asarray(run.errors[ids]), None)
    return _of_column(name, dataset.table[name], ids)


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
