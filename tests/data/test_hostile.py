"""Bad inputs: each is refused with its file, place, reason and fix; nothing changes; the next good upload works."""

import io
import struct
import zipfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from making import npy, npy_header, npz, pictures, png, png_of_size, tree, upload, zipped

from aeexplorer.data.ingest import IngestOptions, ingest
from aeexplorer.errors import UploadRejected
from aeexplorer.workspace import Workspace

RNG = np.random.default_rng(0)
X = RNG.random((8, 6, 6))


def _entry(name: str, attributes: int = 0, flags: int = 0) -> bytes:
    """A zip with one more entry, of which the central directory says something special."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, content in pictures().items():
            archive.writestr(member, content)
        info = zipfile.ZipInfo(name)
        info.external_attr = attributes << 16
        archive.writestr(info, png(9))
        info.flag_bits |= flags
    return out.getvalue()


def _overlapping() -> bytes:
    """Two entries whose central directory points at the same data."""
    content = bytearray(zipped(pictures(), zipfile.ZIP_STORED))
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 4)
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


def _wrong_crc() -> bytes:
    content = bytearray(zipped(pictures(), zipfile.ZIP_STORED))
    content[content.find(b"IDAT") + 6] ^= 0xFF
    return bytes(content)


def _parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.png", png(0))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.png", png(1))
    return out.getvalue()


def _bomb() -> bytes:
    return zipped({"a.png": png(0), "big.png": bytes(80 << 20)})


CASES = {
    "zip slip": ("z.zip", lambda: _entry("../evil.png"), "../evil.png", "leads out of the zip"),
    "absolute": ("z.zip", lambda: _entry("/etc/evil.png"), "/etc/evil.png", "leads out of the zip"),
    "backslashes": ("z.zip", lambda: _entry("..\\evil.png"), "..\\evil.png", "leads out of the zip"),
    "drive": ("z.zip", lambda: _entry("C:evil.png"), "C:evil.png", "leads out of the zip"),
    "symlink": ("z.zip", lambda: _entry("link.png", attributes=0o120777), "link.png", "symbolic link"),
    "encrypted": ("z.zip", lambda: _entry("secret.png", flags=1), "secret.png", "encrypted"),
    "bomb": ("z.zip", _bomb, "big.png", "200 times its size"),
    "overlap": ("z.zip", _overlapping, ".png", "overlap"),
    "twice": ("z.zip", _twice, "a.png", "two members of this name"),
    "nested": ("z.zip", lambda: zipped({"in.zip": zipped(pictures())}), "in.zip", "zip inside a zip"),
    "bad checksum": ("z.zip", _wrong_crc, "0.png", "damaged"),
    "cut zip": ("z.zip", lambda: zipped(pictures())[:-30], "", "no readable zip"),
    "bzip2": ("z.zip", lambda: zipped(pictures(), zipfile.ZIP_BZIP2), "0.png", "uncommon method"),
    "no picture": ("z.zip", lambda: zipped({"a/": b"", "__MACOSX/b.png": png()}), "", "no file in it"),
    "mixed kinds": ("z.zip", lambda: zipped({"a.png": png(), "x.npy": npy(X)}), "a.png", "several kinds"),
    "empty file": ("a.png", lambda: b"", "", "empty"),
    "empty member": ("z.zip", lambda: zipped(pictures() | {"e.png": b""}), "e.png", "not a readable picture"),
    "half a picture": ("z.zip", lambda: zipped(pictures() | {"h.png": png(size=(64, 64))[:80]}), "h.png", "damaged"),
    "pixel bomb": ("z.zip", lambda: zipped(pictures() | {"p.png": png_of_size(50_000, 50_000)}), "p.png", "pixels"),
    "no pixels": ("z.zip", lambda: zipped(pictures() | {"n.png": png_of_size(0, 0)}), "n.png", ""),
    "eps": ("z.zip", lambda: zipped(pictures() | {"e.png": b"%!PS-Adobe-3.0 EPSF-3.0\n"}), "e.png", "not a readable"),
    "ppm": ("z.zip", lambda: zipped(pictures() | {"p.png": b"P6 1 1 255\nabc"}), "p.png", "not a readable"),
    "svg": ("z.zip", lambda: zipped(pictures() | {"s.png": b"<svg xmlns='x'/>"}), "s.png", "not a readable"),
    "html": ("page.png", lambda: b"<html><script>alert(1)</script>", "", "not a readable picture"),
    "single": ("one.png", png, "", "too few"),
    "identical": ("z.zip", lambda: zipped({f"{i}.png": png(0) for i in range(6)}), "0.png", "identical"),
    "manifest twice": (
        "z.zip",
        lambda: zipped(pictures() | {"m.csv": b"file,label\n0.png,a\n1.png,b\n0.png,c\n"}),
        "m.csv, row 3",
        "twice",
    ),
    "manifest ragged": ("z.zip", lambda: zipped(pictures() | {"m.csv": b"file,label\n0.png\n"}), "m.csv, line 2", "1 values"),
    "manifest json": ("z.zip", lambda: zipped(pictures() | {"m.json": b"[{"}), "m.json", "JSON"),
    "deep json": ("z.zip", lambda: zipped(pictures() | {"m.json": b"[" * 100_000}), "m.json", "JSON"),
    "objects": ("x.npy", lambda: npy(np.array([{}, []], dtype=object)), "", "Python objects"),
    "structured": ("x.npy", lambda: npy(np.zeros(9, [("a", "f4")])), "", "structured"),
    "complex": ("x.npy", lambda: npy(X.astype(complex)), "", "complex"),
    "text array": ("x.npy", lambda: npy([["a", "b"]] * 9), "", "not numbers"),
    "NaN": ("x.npy", lambda: npy(np.where(np.arange(8)[:, None, None] == 5, np.nan, X)), "row 5", "NaN or infinity"),
    "infinity": ("x.npy", lambda: npy(np.where(np.arange(8)[:, None, None] == 2, np.inf, X)), "row 2", "NaN or infinity"),
    "0-d": ("x.npy", lambda: npy(3.0), "", "no samples"),
    "no rows": ("x.npy", lambda: npy(np.zeros((0, 8, 8))), "", "no samples"),
    "5-d": ("x.npy", lambda: npy(RNG.random((6, 2, 3, 4, 5))), "", "neither as pictures nor as a table"),
    "one picture": ("x.npy", lambda: npy(RNG.random((32, 32, 3))), "", "single picture"),
    "cut npy": ("x.npy", lambda: npy(X)[:-8], "", "promises"),
    "trailing": ("x.npy", lambda: npy(X) + b"12345678", "", "trailing bytes"),
    "impossible": ("x.npy", lambda: npy_header("{'descr':'<f8','fortran_order':False,'shape':(9999999999,9)}"), "", "cut off"),
    "negative": ("x.npy", lambda: npy_header("{'descr':'<f8','fortran_order':False,'shape':(-1,-8)}", bytes(64)), "", ""),
    "brackets": ("x.npy", lambda: npy_header("[" * 9000), "", "header"),
    "npz bomb": ("x.npz", lambda: npz(x=np.zeros((9, 1_200_000))), "x.npy", "200 times"),
    "x and y": ("x.npz", lambda: npz(x=X, y=np.arange(7)), "y.npy", "7 labels for 8 samples"),
    "object labels": ("x.npz", lambda: npz(x=X, y=np.array([{}] * 8, dtype=object)), "y.npy", "Python objects"),
    "float labels": ("x.npz", lambda: npz(x=X, y=RNG.random(8)), "y.npy", "whole numbers"),
    "which array": ("x.npz", lambda: npz(foo=X, bar=X), "", "unclear"),
    "same samples": ("x.npy", lambda: npy(np.ones((9, 8, 8))), "", "identical"),
    "empty csv": ("t.csv", lambda: b"\n\n", "", "nothing in it"),
    "header only": ("t.csv", lambda: b"a,b\n", "", "no rows"),
    "NUL": ("t.csv", lambda: b"a,b\n1,\x002\n", "", "NUL"),
    "ragged": ("t.csv", lambda: b"a,b\n1,2\n3,4,5\n", "row 3", "3 values where the first row has 2"),
    "same name": ("t.csv", lambda: b"a,b,a\n1,2,3\n", "column 'a'", "two columns"),
    "open quote": ("t.csv", lambda: b'a,b\n1,2\n3,"4\n5,6\n', "line 3", "never closed"),
    "too wide": ("t.csv", lambda: b",".join(b"c%d" % i for i in range(200_000)) + b"\n", "", "200,000 columns"),
    "one column": ("t.csv", lambda: b"a b c\n" + b"1 2 3\n" * 9, "", "needs two"),
    "all constant": ("t.csv", lambda: b"a,b\n" + b"1,2\n" * 9, "", "needs two"),
    "few rows": ("t.csv", lambda: b"a,b\n1,2\n2,4\n3,3\n", "", "too few"),
    "cut parquet": ("t.parquet", lambda: _parquet(pa.table({"a": [1, 2]}))[:-9], "", "no readable Parquet"),
    "fake parquet": ("t.parquet", lambda: b"PAR1 hello hello hello PAR1", "", "no readable Parquet"),
    "nested parquet": ("t.parquet", lambda: _parquet(pa.table({"a": [[1], [2]]})), "", "plain values"),
    "no rows parquet": ("t.parquet", lambda: _parquet(pa.table({"a": pa.array([], pa.int64())})), "", "no rows"),
    "unknown": ("a.exe", lambda: b"MZ\x90\x00" + bytes(60), "", "no format reads"),
    "gzip": ("a.tar.gz", lambda: b"\x1f\x8b" + zlib.compress(struct.pack("<I", 7)), "", "no format reads"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str, workspace: Workspace) -> None:
    name, make, where, reason = CASES[case]
    before = tree(workspace.root)
    with pytest.raises(UploadRejected) as refusal:
        ingest(workspace, upload(name, make()))
    assert refusal.value.file == name
    assert where in refusal.value.where
    assert reason in refusal.value.cause
    assert refusal.value.fix
    assert name in str(refusal.value)
    assert refusal.value.fix in str(refusal.value)
    assert tree(workspace.root) == before
    assert ingest(workspace, upload("good.npy", npy(X))).n == 8


@pytest.mark.parametrize(
    ("name", "content", "options", "reason"),
    [
        ("x.npy", npy(X), IngestOptions(layout="nchw"), "cannot be read as nchw"),
        ("t.csv", b"a,b\n1,2\n2,3\n3,5\n4,6\n5,9\n", IngestOptions(label_column="zzz"), "no column 'zzz'"),
        ("t.csv", b"a,b\n1,2\n2,3\n3,5\n4,6\n5,9\n", IngestOptions(feature_columns=("a", "zzz")), "no column 'zzz'"),
        ("t.csv", b"a,b,c\n1,2,7\n2,3,7\n3,5,7\n4,6,7\n5,9,7\n", IngestOptions(feature_columns=("a", "c")), "the same"),
        ("z.zip", zipped(pictures()), IngestOptions(label_column="kind"), "no manifest has a column 'kind'"),
    ],
)
def test_choices_that_do_not_fit(workspace: Workspace, name: str, content: bytes, options: IngestOptions, reason: str) -> None:
    before = tree(workspace.root)
    with pytest.raises(UploadRejected) as refusal:
        ingest(workspace, upload(name, content), options)
    assert reason in refusal.value.cause
    assert tree(workspace.root) == before
