"""Dialects of numbers and dates, and missing texts, through the whole import of tables, series and manifests."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, ingest, inspect
from tests.data.making import upload, zipped

N = 36
LABELS = [None if i % 6 == 5 else ("none", "some")[i % 2] for i in range(N)]
FRAME = pd.DataFrame(
    {
        "size": np.arange(N) / 4 - 3,
        "kind": np.array(["NA", "b", "None"])[np.arange(N) % 3],
        "rank": pd.array([None if i % 4 == 1 else i * i % 7 for i in range(N)], "Int64"),
        "label": LABELS,
    }
)


def as_bytes(suffix: str) -> bytes:
    out = io.BytesIO()
    if suffix == "parquet":
        FRAME.to_parquet(out, index=False)
    elif suffix == "xlsx":
        FRAME.to_excel(out, index=False)
    elif suffix == "json":
        FRAME.to_json(out, orient="records")
    else:
        FRAME.to_csv(out, index=False)
    return out.getvalue()


def picture(i: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.eye(8, k=i, dtype=np.uint8) * 255).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx", "json"])
def test_a_table_is_the_same_dataset_in_every_format(workspace: Workspace, suffix: str) -> None:
    dataset = ingest(workspace, upload(f"t.{suffix}", as_bytes(suffix)))
    size, kind, rank = dataset.main_field.meta["columns"]
    assert (size["name"], sorted(kind["categories"]), rank["name"]) == ("size", ["NA", "None", "b"], "rank")
    values = dataset.main_field.array
    np.testing.assert_array_equal(values[:, 0], FRAME["size"])
    assert [kind["categories"][int(i)] for i in values[:, 1]] == FRAME["kind"].tolist()
    np.testing.assert_array_equal(values[:, 2], FRAME["rank"].astype("float64"))
    assert dataset.label_names == ["none", "some"]
    assert dataset.table["label"].to_pylist() == LABELS
    assert "6 of 36 samples have no label" in dataset.notes


def test_series_in_a_german_file_are_placed_by_their_times(workspace: Workspace) -> None:
    rows = [(s, t) for t in (3, 1, 2, 0) for s in range(6)]
    lines = [f"s{s};0{t + 1}.12.2021 13:30;{s},{t}5;{1 + s}.{t}00,5" for s, t in rows]
    content = "sep=;\r\nseries;time;a;b\r\n" + "\r\n".join(lines)
    dataset = ingest(workspace, upload("t.csv", content.encode("utf-16")))
    expected = np.array([[[s + t / 10 + 0.05, 1000 * (1 + s) + 100 * t + 0.5] for t in range(4)] for s in range(6)])
    np.testing.assert_allclose(dataset.main_field.array, expected, rtol=1e-6)


def test_a_manifest_has_the_dialect_and_the_missing_texts_of_tables(workspace: Workspace) -> None:
    pictures = {f"{i}.png": picture(i) for i in range(8)}
    lines = [f"{i}.png;{('none', 'rot', ' ? ', 'grün')[i % 4]};{'k. A.' if i == 3 else f'{i},5'}" for i in range(8)]
    manifest = "file;label;länge\r\n" + "\r\n".join(lines)
    archive = upload("z.zip", zipped(pictures | {"m.csv": manifest.encode("cp1252")}))
    assert inspect(archive).reading_choices[0] == "table.missing_texts"
    options = IngestOptions().replace({"table.missing_texts": "?, k. a."})
    dataset = ingest(workspace, archive, options)
    assert dataset.table["label"].to_pylist() == ["none", "rot", None, "grün"] * 2
    assert dataset.table["länge"].to_pylist() == [0.5, 1.5, 2.5, None, 4.5, 5.5, 6.5, 7.5]
    assert "2 of 8 samples have no label" in dataset.notes
    assert any("'?' (2), 'k. A.' (1)" in note for note in dataset.notes)
