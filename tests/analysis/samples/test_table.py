"""Table of a run's samples for download."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.analysis.samples.table import parquet_bytes, samples_table
from aeexplorer.data.exporting import csv_bytes


def test_rows_belong_to_their_samples(trained: Any) -> None:
    run = trained.runs["vae"]
    ids = np.array([350, 4, 120], np.int32)
    projection = compute_projection(run, "pca").subset(np.array([4, 120], np.int32))
    arrow_table = samples_table(run, ids, projection)
    table = arrow_table.to_pandas()
    assert table["id"].tolist() == [350, 4, 120]
    assert table["error"].to_numpy() == pytest.approx(np.asarray(run.errors)[ids])
    assert table[["z0", "z1"]].to_numpy() == pytest.approx(run.latents(ids))
    assert table.loc[1:, ["x", "y"]].to_numpy() == pytest.approx(projection.xy)
    assert table.loc[0, ["x", "y"]].isna().all()
    assert arrow_table["label"].to_pylist() == [run.dataset.table["label"][int(i)].as_py() for i in ids]


def test_table_without_a_map_has_no_positions(trained: Any) -> None:
    assert "x" not in samples_table(trained.runs["ae"], np.arange(5, dtype=np.int32)).column_names


def test_other_columns_of_the_dataset_are_included(trained: Any) -> None:
    table = samples_table(trained.runs["vae"], np.array([5, 6], np.int32))
    assert table["hand"].to_pylist() == ["left", "right"]
    assert table.column_names[:4] == ["id", "label", "split", "error"]


def test_csv_and_parquet_have_the_same_content(trained: Any) -> None:
    table = samples_table(trained.runs["vq"], np.arange(20, dtype=np.int32))
    from_csv = pd.read_csv(io.BytesIO(csv_bytes(table)), dtype={"label": str})
    from_parquet = parquet.read_table(io.BytesIO(parquet_bytes(table))).to_pandas()
    assert from_csv["z3"].to_numpy() == pytest.approx(from_parquet["z3"].to_numpy())
    assert from_csv["split"].tolist() == from_parquet["split"].tolist()
