"""Table of a run's samples for download."""

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


def samples_table(run: Run, ids: np.ndarray, projection: Projection | None = None) -> pa.Table:
    """Build a table with one row per sample, in the order of the ids.

    Parameters
    ----------
    run
        A run with results.
    ids
        Ids of samples, int32 ``(m,)``.
    projection
        A map. If given, the positions of the samples are added.

    Returns
    -------
    pyarrow.Table
        ``id``, ``label``, ``split``, ``error``, the other columns of the dataset, ``tags`` if the run has tags (joined by
        ``; ``), ``x``, ``y`` (``z``) if a map is given (null for samples not on the map), and the latents ``z0``, ``z1``, …
    """
    rows, latents = run.dataset.table.take(pa.array(ids)), run.latents(ids)
    columns: dict[str, Any] = {
        "id": pa.array(ids, pa.int32()),
        "label": rows["label"] if "label" in rows.column_names else pa.nulls(len(ids), pa.string()),
        "split": pa.array([SPLITS[i] for i in run.dataset.split[ids]]),
        "error": pa.array(np.asarray(run.errors[ids])),
    }
    reserved = {*AXES[: projection.dims if projection else 0], "tags", *(f"z{i}" for i in range(latents.shape[1]))}
    for name in rows.column_names:
        if name not in columns:
            columns[f"{name} (data)" if name in reserved else name] = rows[name]
    if tags_of(run):
        columns["tags"] = pa.array(tags_by_sample(run, ids), pa.string())
    if projection is not None:
        row = np.searchsorted(projection.ids, ids).clip(max=len(projection.ids) - 1)
        absent = projection.ids[row] != ids
        for axis in range(projection.dims):
            columns[AXES[axis]] = pa.array(projection.xy[row, axis], mask=absent)
    columns |= {f"z{i}": pa.array(np.ascontiguousarray(latents[:, i])) for i in range(latents.shape[1])}
    return pa.table(columns)


def parquet_bytes(table: pa.Table) -> bytes:
    """Serialise a table as Parquet."""
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()
