"""Series that cannot be read, and flawed series that are read with a note."""

import io

import numpy as np

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import converted, refused
from tests.data.making import npy

_RNG = np.random.default_rng(0)
_HEADER = "@problemName X\n@classLabel true a b\n@data\n"
_CASES = "".join(f"{i},2.5,3,4:a\n" for i in range(8))
WIDE, LONG = IngestOptions().replace({"series_layout": "wide"}), IngestOptions().replace({"series_layout": "long"})
SERIES = IngestOptions().replace({"layout": "series"})


def _wide(rows: int = 8, steps: int = 12) -> list[list[str]]:
    return [[f"t{i}" for i in range(steps)], *[[f"{v:.3f}" for v in row] for row in _RNG.normal(size=(rows, steps))]]


def _joined(rows: list[list[str]]) -> bytes:
    return "\n".join(map(",".join, rows)).encode()


def _with(row: int, column: int, text: str) -> bytes:
    rows = _wide()
    rows[row][column] = text
    return _joined(rows)


def _ragged() -> bytes:
    rows = _wide()
    rows[5] = rows[5][:-2]
    return _joined(rows)


def _long(*rows: str) -> bytes:
    steps = [f"{s},{t},{s + t}" for s in range(6) for t in range(4)]
    return "\n".join(["id,time,value", *steps, *rows]).encode()


def _one_gap(dataset: Dataset) -> None:
    assert np.isnan(dataset.main_field.array).sum() == 1
    assert any("count as missing" in note for note in dataset.notes)


def _padded(dataset: Dataset) -> None:
    assert np.isnan(dataset.main_field.array[-1, -1]).all()
    assert any("after the end of a shorter series count as missing" in note for note in dataset.notes)


def _too_long() -> bytes:
    out = io.StringIO()
    out.write("id,time,value\n")
    for t in range(20_000):
        out.write(f"0,{t},{t % 7}\n")
    return out.getvalue().encode()


GOOD = {"ts": {"good.ts": (_HEADER + _CASES).encode()}}
CASES = {
    "wide ragged": refused("w.csv", _ragged, "row 6", "10 values, but the first row has 12", options=WIDE),
    "wide text": converted("w.csv", lambda: _with(3, 4, "off"), _one_gap, WIDE),
    "wide infinity": converted("w.csv", lambda: _with(3, 4, "1e999"), _one_gap, WIDE),
    "wide one step": refused("w.csv", lambda: _joined(_wide(steps=1)), "", "steps", options=WIDE),
    "wide uneven": converted("w.csv", lambda: _with(8, 11, ""), _padded, WIDE),
    "no such column": refused(
        "w.csv", lambda: _joined(_wide()), "", "no column 'zzz'", "Choose one of t0", WIDE.replace({"label_column": "zzz"})
    ),
    "long, no series": refused("l.csv", lambda: _joined(_wide()), "", "unclear which column", "Choose the series", LONG),
    "long, two at a time": refused("l.csv", lambda: _long("3,2,9"), "row 26", "another row with the same 'time'", options=LONG),
    "long, no time": refused("l.csv", lambda: _long("3,,9"), "row 26", "holds no time in this row", options=LONG),
    "long, no key": refused("l.csv", lambda: _long(",7,9"), "row 26", "'id' is empty", options=LONG),
    "long, words": refused("l.csv", lambda: b"id,time,value\n" + b"1,2,a\n1,3,b\n2,2,a\n" * 3, "", "holds numbers", options=LONG),
    "long, far too long": refused("l.csv", _too_long, "", "20,000 steps", options=LONG),
    "long uneven": converted("l.csv", lambda: _long("0,4,1"), _padded, LONG),
    "array of equal series": refused("x.npy", lambda: npy(np.ones((9, 20))), "", "identical", options=SERIES),
    "array too short": refused("x.npy", lambda: npy(_RNG.random((9, 3))), "", "cannot be read as series", options=SERIES),
    "ts without data": refused("x.ts", lambda: b"@problemName X\n@classLabel false\n", "", "no line @data"),
    "ts without a class label line": refused("x.ts", lambda: b"@problemName X\n@data\n1,2,3\n", "", "no line @classLabel"),
    "ts lone at": refused("x.ts", lambda: b"@problemName X\n@\n@data\n1,2,3\n", "line 2", "nothing after its @"),
    "ts values first": refused("x.ts", lambda: ("1,2,3:a\n" + _HEADER).encode(), "line 1", "begins with @"),
    "ts strange label": refused("x.ts", lambda: (_HEADER + _CASES + "1,2,3:c\n").encode(), "line 12", "'c' is none"),
    "ts no label": refused("x.ts", lambda: (_HEADER + _CASES + "1,2,3\n").encode(), "line 12", "label after the last colon"),
    "ts word": refused("x.ts", lambda: (_HEADER + _CASES + "1,two,3:a\n").encode(), "line 12", "two"),
    "ts channels": refused("x.ts", lambda: (_HEADER + _CASES + "1,2:3,4:a\n").encode(), "line 12", "2 channels"),
    "ts empty": refused("x.ts", lambda: _HEADER.encode(), "", "0 steps"),
    "ts of a film": refused("x.ts", lambda: b"G@\x00\x10" + bytes(184) * 3, "line 1", "NUL bytes"),
    "ts latin": refused("x.ts", lambda: (_HEADER + "1,2:\xe9\n").encode("latin-1"), "line 4", "UTF-8"),
    "ts infinity": converted("x.ts", lambda: (_HEADER + _CASES + "1,inf,3,4:a\n").encode(), _one_gap),
    "ts uneven": converted("x.ts", lambda: (_HEADER + _CASES + "1,2,3:a\n").encode(), _padded),
}
