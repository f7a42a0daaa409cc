"""CSV and Parquet files that are empty, ragged, binary, too wide or damaged; and files of unknown kinds."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.exporting import csv_bytes
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import Case, converted, refused

SMALL = b"a,b\n1,2\n2,3\n3,5\n4,6\n5,9\n"


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


FORTY = pa.table({"a": [i * 7 % 40 for i in range(40)], "b": [i * i % 7 for i in range(40)], "c": list("xyzw") * 10})


def arrow(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pa.feather.write_feather(table, out)
    return out.getvalue()


def workbook(table: pa.Table) -> bytes:
    book = openpyxl.Workbook()
    for row in (table.column_names, *zip(*table.to_pydict().values(), strict=True)):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


GOOD = {
    "csv": {"good.csv": SMALL},
    "parquet": {"good.parquet": parquet(FORTY)},
    "arrow": {"good.arrow": arrow(FORTY)},
    "xlsx": {"good.xlsx": workbook(FORTY)},
}


def column(dataset: Dataset, name: str) -> np.ndarray:
    names = [about["name"] for about in dataset.main_field.meta["columns"]]
    return dataset.main_field.array[:, names.index(name)]


def with_value(value: bytes) -> bytes:
    """Write a table of two columns, with another value in the third row of ``b``."""
    return b"a,b\n" + b"".join(b"%d,%s\n" % (i * 7 % 60, value if i == 2 else b"%d" % (i * 37 % 101)) for i in range(60))


def check_missing(*words: str) -> Callable[[Dataset], None]:
    """Return a check that only this value is missing, and that a note says why."""

    def check(dataset: Dataset) -> None:
        assert np.flatnonzero(np.isnan(column(dataset, "b"))).tolist() == [2]
        assert any(all(word in note for word in ("'b'", *words)) for note in dataset.notes)

    return check


def check_names(*names: str) -> Callable[[Dataset], None]:
    """Return a check of the names of the columns."""

    def check(dataset: Dataset) -> None:
        assert [about["name"] for about in dataset.main_field.meta["columns"]] == list(names)

    return check


def check_formulas(dataset: Dataset) -> None:
    assert dataset.table["label"].to_pylist()[0] == '=HYPERLINK("http://x")'
    assert b"'=HYPERLINK" in csv_bytes(dataset.table)


def check_constant(dataset: Dataset) -> None:
    check_names("a", "b")(dataset)
    assert any("'c' was dropped" in note for note in dataset.notes)


def check_left_out(dataset: Dataset) -> None:
    check_names("a", "b")(dataset)
    assert any("'c' is nested or binary" in note for note in dataset.notes)


def bomb(rows: int) -> bytes:
    """Write a tiny Parquet file of many equal rows."""
    out = io.BytesIO()
    batch = pa.table({name: pa.array(np.zeros(10_000_000, np.int8)) for name in "ab"})
    with pq.ParquetWriter(out, batch.schema, compression="zstd") as writer:
        for _ in range(rows // 10_000_000):
            writer.write_table(batch, row_group_size=10_000_000)
    return out.getvalue()


def text_bomb() -> bytes:
    """Write a tiny Parquet file of a few texts of 30 MB each."""
    out = io.BytesIO()
    pq.write_table(pa.table({"a": ["x" * (30 << 20)] * 3, "b": range(3)}), out, compression="zstd", use_dictionary=False)
    return out.getvalue()


def flipped() -> bytes:
    """Write a Parquet file whose first page is noise."""
    content = bytearray(parquet(pa.table({"a": np.arange(4000.0), "b": np.arange(4000.0) % 7})))
    for i in range(60, 400):
        content[i] ^= 0xA5
    return bytes(content)


NESTED = pa.table({"a": [3.0, 1, 4, 1, 5, 9], "b": [2.0, 7, 1, 8, 2, 8], "c": [[1]] * 6})
LABELLED = b"a,b,kind\n" + b"".join(b'%d,%d,"=HYPERLINK(""http://x"")"\n%d,1,no\n' % (i, i * i, -i) for i in range(9))

CASES: dict[str, Case] = {
    "empty": refused("t.csv", lambda: b"\n\n", "", "blank"),
    "header only": refused("t.csv", lambda: b"a,b\n", "", "no rows"),
    "NUL": refused("t.csv", lambda: b"a,b\n1,\x002\n", "", "NUL"),
    "ragged": refused("t.csv", lambda: b"a,b\n1,2\n3,4,5\n", "row 3", "3 values, but the first row has 2"),
    "duplicate columns": refused("t.csv", lambda: b"a,b,a\n1,2,3\n", "column 'a'", "two columns"),
    "unclosed quote": refused("t.csv", lambda: b'a,b\n1,2\n3,"4,7\n5,6\n', "line 3", "never closed"),
    "200,000 columns": refused("t.csv", lambda: b",".join(b"c%d" % i for i in range(200_000)) + b"\n", "", "200,000 columns"),
    "wrong separator": refused("t.csv", lambda: b"a b c\n" + b"1 2 3\n" * 9, "", "needs two", "separator"),
    "all constant": refused("t.csv", lambda: b"a,b\n" + b"1,2\n" * 9, "", "needs two"),
    "few rows": refused("t.csv", lambda: b"a,b\n1,2\n2,4\n3,3\n", "", "too few"),
    "no such label": refused("t.csv", lambda: SMALL, "", "no column 'zzz'", "a, b", IngestOptions(label_column="zzz")),
    "no such feature": refused("t.csv", lambda: SMALL, "", "no column 'zzz'", "", IngestOptions(feature_columns=("a", "zzz"))),
    "constant feature": refused(
        "t.csv", lambda: b"a,b,c\n1,2,7\n2,3,7\n3,5,7\n", "'c'", "the same", "", IngestOptions(feature_columns=("a", "c"))
    ),
    "cut Parquet": refused("t.parquet", lambda: parquet(pa.table({"a": [1, 2]}))[:-9], "", "not a readable Parquet"),
    "fake Parquet": refused("t.parquet", lambda: b"PAR1 hello hello hello PAR1", "", "not a readable Parquet"),
    "nested Parquet": refused("t.parquet", lambda: parquet(pa.table({"a": [[1], [2]]})), "", "plain values"),
    "Parquet without rows": refused("t.parquet", lambda: parquet(pa.table({"a": pa.array([], pa.int64())})), "", "no rows"),
    "program": refused("a.exe", lambda: b"MZ\x90\x00" + bytes(60), "", "no format reads"),
    "tar": refused("a.tar.gz", lambda: b"\x1f\x8b" + zlib.compress(struct.pack("<I", 7)), "", "no format reads"),
    "byte order mark only": refused("t.csv", lambda: b"\xef\xbb\xbf\n", "", "blank"),
    "a row of 20 MB": refused("t.csv", lambda: b"a,b\n1,2\n3," + b"x" * (20 << 20) + b"\n", "", "longer than 4 MB"),
    "UTF-16": converted("t.csv", lambda: with_value(b"3").decode().replace("b", "β", 1).encode("utf-16"), check_names("a", "β")),
    "Latin-1": converted("t.csv", lambda: with_value(b"3").replace(b"b", b"h\xf6he", 1), check_names("a", "höhe")),
    "text in numbers": converted("t.csv", lambda: with_value(b"soon"), check_missing("not numbers", "'soon'", "row 4")),
    "a number of 5,000 digits": converted("t.csv", lambda: with_value(b"9" * 5000), check_missing("infinite or too large")),
    "infinity": converted("t.csv", lambda: with_value(b"-inf"), check_missing("infinite or too large")),
    "constant column": converted("t.csv", lambda: b"a,b,c\n1,2,7\n2,9,7\n4,5,7\n3,3,7\n6,1,7\n", check_constant),
    "formula cells": converted("t.csv", lambda: LABELLED, check_formulas),
    "cut in the middle of Parquet": refused(
        "t.parquet", lambda: parquet(pa.table({"a": range(9), "b": range(9)}))[:60] + b"PAR1", "", "not a readable Parquet"
    ),
    "flipped bytes of Parquet": refused("t.parquet", flipped, "", "not a readable Parquet"),
    "Parquet bomb of rows": refused("t.parquet", lambda: bomb(40_000_000), "", "40,000,000 rows in only"),
    "Parquet bomb of text": refused("t.parquet", text_bomb, "", "200 times its size"),
    "nested column beside others": converted("t.parquet", lambda: parquet(NESTED), check_left_out),
    "Parquet of one name twice": refused(
        "t.parquet", lambda: parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])), "", "same name"
    ),
}
