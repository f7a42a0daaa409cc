"""Manifests of pairs with paths out of the upload, absent files, repeated files, or empty rows."""

import numpy as np

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import Case, converted, refused
from tests.data.making import pictures, zipped

N = 8


def rows(**changed: str) -> list[str]:
    """Return one row per picture; a keyword ``row3`` replaces the caption of picture 3."""
    return [f"{i}.png,{changed.get(f'row{i}', f'the picture of number {i} here')},{i * i}" for i in range(N)]


def packed(lines: list[str], files: int = N) -> bytes:
    return zipped(pictures(files) | {"metadata.csv": manifest(lines)})


def manifest(lines: list[str]) -> bytes:
    return "\n".join(["file_name,caption,size", *lines]).encode()


def broken() -> bytes:
    return zipped(pictures(N) | {"3.png": b"\x89PNG\r\n\x1a\n", "metadata.csv": manifest(rows())})


def changed(i: int, line: str) -> bytes:
    lines = rows()
    lines[i] = line
    return packed(lines)


def lacks(dataset: Dataset, field: str, *ids: int) -> None:
    present = dataset.fields[field].present
    assert present is not None
    assert np.flatnonzero(~present).tolist() == list(ids)


def check_missing_half(dataset: Dataset) -> None:
    lacks(dataset, "image", 6, 7)
    assert any("2 named files are not in the upload (first: '6.png', row 7)" in note for note in dataset.notes)


def check_repeated(dataset: Dataset) -> None:
    assert dataset.n == N + 1
    np.testing.assert_array_equal(dataset.fields["image"].array[2], dataset.fields["image"].array[N])


def check_empty_row(dataset: Dataset) -> None:
    assert dataset.n == N
    assert any("1 rows without any file, text or number were left out" in note for note in dataset.notes)


def check_constant(dataset: Dataset) -> None:
    assert list(dataset.fields) == ["image", "table"]
    assert dataset.table["caption"].unique().to_pylist() == ["the very same old words"]


def check_hidden(dataset: Dataset) -> None:
    lacks(dataset, "text", 3)


CASES: dict[str, Case] = {
    "path escape": refused("p.zip", lambda: changed(4, "../../etc/passwd,a b c d,1"), "metadata.csv, row 5", "leads out"),
    "absolute path": refused("p.zip", lambda: changed(4, "/etc/passwd,a b c d,1"), "metadata.csv, row 5", "leads out"),
    "backslashes": refused("p.zip", lambda: changed(4, "..\\x.png,a b c d,1"), "metadata.csv, row 5", "leads out"),
    "one caption": converted(
        "p.zip", lambda: packed([f"{i}.png,the very same old words,{i * i}" for i in range(N)]), check_constant
    ),
    "no such column": refused(
        "p.zip",
        lambda: packed(rows()),
        "",
        "no column 'smell'",
        "caption",
        IngestOptions().replace({"pairs.caption_columns": ("smell",)}),
    ),
    "a broken picture": refused("p.zip", broken, "3.png", ""),
    "missing half": converted("p.zip", lambda: packed(rows(), files=6), check_missing_half),
    "a file in two rows": converted(
        "p.zip", lambda: packed([*rows(), "2.png,the same picture in other words,4"]), check_repeated
    ),
    "empty caption": converted("p.zip", lambda: packed(rows(row3="")), lambda dataset: lacks(dataset, "text", 3)),
    "a caption of invisible characters": converted("p.zip", lambda: packed(rows(row3="\u202e\u200b")), check_hidden),
    "an empty row": converted("p.zip", lambda: packed([*rows(), ",,"]), check_empty_row),
}


GOOD = {"pairs": {"pairs.zip": packed(rows())}}
