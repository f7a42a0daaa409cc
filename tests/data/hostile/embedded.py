"""Parquet files with damaged files in their cells, mixed kinds, expansion bombs, mismatched shards and false metadata."""

import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aeexplorer.data.dataset import Dataset
from tests.data.hostile import Case, converted, refused
from tests.data.making import png

N = 9


def packed(cells: list[Any], features: Any = None, **others: list[Any]) -> bytes:
    table = pa.table({"image": cells, "label": [i % 3 for i in range(len(cells))], **others})
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})}), out)
    return out.getvalue()


def cells(**changed: bytes | None) -> list[dict[str, Any]]:
    """Return one picture per row; a keyword ``row3`` replaces the picture of row 3."""
    return [{"bytes": changed.get(f"row{i}", png(i)), "path": f"../../{i}.png"} for i in range(1, N + 1)]


def named(names: Any) -> dict[str, Any]:
    return {"label": {"_type": "ClassLabel", "names": names}}


def repeated() -> bytes:
    """Write a tiny file that unpacks to 130 MB: the same picture in every row."""
    big = png(1) + bytes(1 << 16)
    out = io.BytesIO()
    pq.write_table(pa.table({"image": pa.array([big] * 2000, pa.binary()), "label": range(2000)}), out, compression="zstd")
    return out.getvalue()


def check_numbers(dataset: Dataset) -> None:
    assert dataset.label_names == ["0", "1", "2"]


def check_unnamed(dataset: Dataset) -> None:
    assert dataset.label_names == ["even", "odd"]
    assert dataset.table["label"].null_count == N // 3


def check_paths_are_text(dataset: Dataset) -> None:
    assert dataset.table["image"].to_pylist()[0] == "../../1.png"


GOOD = {"pictures": {"good.parquet": packed(cells(), named(["even", "odd", "neither"]))}}

CASES: dict[str, Case] = {
    "half a picture in a cell": refused("t.parquet", lambda: packed(cells(row4=png(4)[:60])), "row 4", ""),
    "no picture in a cell": refused(
        "t.parquet", lambda: packed(cells(row4=b"<svg/>")), "row 4, column 'image'", "not one of the images"
    ),
    "a sound among pictures": refused(
        "t.parquet", lambda: packed(cells(row2=b"fLaC" + bytes(99))), "row 2, column 'image'", "not one of the images"
    ),
    "one picture in every row": refused("t.parquet", repeated, "", "unpack to more than"),
    "shards of other columns": Case(
        lambda: {"a.parquet": packed(cells()), "b.parquet": packed(cells(), more=list(range(N)))},
        reason="differ from those of a.parquet",
        file="b.parquet",
    ),
    "names of classes that are not text": converted("t.parquet", lambda: packed(cells(), named([1, 2])), check_numbers),
    "features that are not an object": converted("t.parquet", lambda: packed(cells(), [["x"]]), check_numbers),
    "fewer names than classes": converted("t.parquet", lambda: packed(cells(), named(["even", "odd"])), check_unnamed),
    "paths that lead out": converted("t.parquet", lambda: packed(cells()), check_paths_are_text),
}
