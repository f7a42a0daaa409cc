"""Samples of a run as a table to take home."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.tags import tags_by_sample, tags_of
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run

AXES = "xyz"


def samples_table(run: Run, ids: np.ndarray, made: Projection | None = None) -> pa.Table:
    """One row a sample, in the order of the ids.

    Parameters
    ----------
    run
        With results.
    ids
        int32 ``(m,)``.
    made
        A map, for the samples' positions on it.

    Returns
    -------
    pyarrow.Table
        ``id``, ``label``, ``split``, ``error``, the dataset's other columns, ``tags`` where the run has some
        (joined by ``; ``), ``x``, ``y`` (``z``) where a map is given (null for samples not on it), and the latents ``z0``,
        ``z1``, …
    """
    taken, latents = run.dataset.table.take(pa.array(ids)), run.latents(ids)
    columns: dict[str, Any] = {
        "id": pa.array(ids, pa.int32()),
        "label": taken["label"] if "label" in taken.column_names else pa.nulls(len(ids), pa.string()),
        "split": pa.array([SPLITS[i] for i in run.dataset.split[ids]]),
        "error": pa.array(np.asarray(run.errors[ids])),
    }
    mapped = {*AXES[: made.dims if made else 0], "tags", *(f"z{i}" for i in range(latents.shape[1]))}
    for name in taken.column_names:
        if name not in columns:
            columns[f"{name} (data)" if name in mapped else name] = taken[name]
    if tags_of(run):
        columns["tags"] = pa.array(tags_by_sample(run, ids), pa.string())
    if made is not None:
        row = np.searchsorted(made.ids, ids).clip(max=len(made.ids) - 1)
        absent = made.ids[row] != ids
        for axis in range(made.dims):
            columns[AXES[axis]] = pa.array(made.xy[row, axis], mask=absent)
    columns |= {f"z{i}": pa.array(np.ascontiguousarray(latents[:, i])) for i in range(latents.shape[1])}
    return pa.table(columns)


def parquet_bytes(table: pa.Table) -> bytes:
    """The table as Parquet."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()
