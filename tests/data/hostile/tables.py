"""CSV and Parquet files that are empty, ragged, binary, too wide or damaged; and files of no known kind."""

import io
import struct
import zlib

import pyarrow as pa
import pyarrow.parquet as pq

from aeexplorer.data.ingest import IngestOptions
from hostile import Case, refused

SMALL = b"a,b\n1,2\n2,3\n3,5\n4,6\n5,9\n"


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


GOOD = {
    "csv": {"good.csv": SMALL},
    "parquet": {
        "good.parquet": parquet(
            pa.table({"a": [i * 7 % 40 for i in range(40)], "b": [i * i % 7 for i in range(40)], "c": list("xyzw") * 10})
        )
    },
}


CASES: dict[str, Case] = {
    "empty": refused("t.csv", lambda: b"\n\n", "", "nothing in it"),
    "header only": refused("t.csv", lambda: b"a,b\n", "", "no rows"),
    "NUL": refused("t.csv", lambda: b"a,b\n1,\x002\n", "", "NUL"),
    "ragged": refused("t.csv", lambda: b"a,b\n1,2\n3,4,5\n", "row 3", "3 values where the first row has 2"),
    "duplicate columns": refused("t.csv", lambda: b"a,b,a\n1,2,3\n", "column 'a'", "two columns"),
    "unclosed quote": refused("t.csv", lambda: b'a,b\n1,2\n3,"4\n5,6\n', "line 3", "never closed"),
    "200,000 columns": refused("t.csv", lambda: b",".join(b"c%d" % i for i in range(200_000)) + b"\n", "", "200,000 columns"),
    "wrong separator": refused("t.csv", lambda: b"a b c\n" + b"1 2 3\n" * 9, "", "needs two", "separator"),
    "all constant": refused("t.csv", lambda: b"a,b\n" + b"1,2\n" * 9, "", "needs two"),
    "few rows": refused("t.csv", lambda: b"a,b\n1,2\n2,4\n3,3\n", "", "too few"),
    "no such label": refused("t.csv", lambda: SMALL, "", "no column 'zzz'", "a, b", IngestOptions(label_column="zzz")),
    "no such feature": refused("t.csv", lambda: SMALL, "", "no column 'zzz'", "", IngestOptions(feature_columns=("a", "zzz"))),
    "constant feature": refused(
        "t.csv", lambda: b"a,b,c\n1,2,7\n2,3,7\n3,5,7\n", "'c'", "the same", "", IngestOptions(feature_columns=("a", "c"))
    ),
    "cut Parquet": refused("t.parquet", lambda: parquet(pa.table({"a": [1, 2]}))[:-9], "", "no readable Parquet"),
    "fake Parquet": refused("t.parquet", lambda: b"PAR1 hello hello hello PAR1", "", "no readable Parquet"),
    "nested Parquet": refused("t.parquet", lambda: parquet(pa.table({"a": [[1], [2]]})), "", "plain values"),
    "Parquet without rows": refused("t.parquet", lambda: parquet(pa.table({"a": pa.array([], pa.int64())})), "", "no rows"),
    "program": refused("a.exe", lambda: b"MZ\x90\x00" + bytes(60), "", "no format reads"),
    "tar": refused("a.tar.gz", lambda: b"\x1f\x8b" + zlib.compress(struct.pack("<I", 7)), "", "no format reads"),
}
