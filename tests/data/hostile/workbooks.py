"""Excel workbooks with entities, without a table, expanding too much, old or locked, and Arrow files that are cut off."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions
from tests.data.hostile import Case, converted, refused
from tests.data.making import zipped

FRAME = pd.DataFrame({"a": [i * 7 % 40 for i in range(40)], "b": [i * i % 7 for i in range(40)], "c": list("xyzw") * 10})
PARTS = {"sheet": "xl/worksheets/sheet1.xml", "book": "xl/workbook.xml"}
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + SHEET % b"&b;"
FAR = b'<row r="1"><c r="XFD1" t="inlineStr"><is><t>far</t></is></c></row>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def excel(frame: pd.DataFrame = FRAME) -> bytes:
    out = io.BytesIO()
    frame.to_excel(out, index=False, engine="openpyxl")
    return out.getvalue()


def altered(**parts: bytes) -> Callable[[], bytes]:
    """Return a function that writes a valid workbook with other content in some of its parts."""

    def make() -> bytes:
        archive = zipfile.ZipFile(io.BytesIO(excel()))
        content = {name: archive.read(name) for name in archive.namelist()}
        return zipped(content | {PARTS[key]: value for key, value in parts.items()})

    return make


def arrow(stream: bool = False) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def ragged() -> bytes:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, 2], [3, 4, 5], *([i, i * i] for i in range(9))):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def errors() -> bytes:
    """Write cells that a spreadsheet could not compute, and a formula that would call a program."""
    frame = FRAME.astype(object)
    frame.loc[2, "a"], frame.loc[5, "b"], frame.loc[7, "c"] = "#DIV/0!", "#REF!", "=cmd|' /C calc'!A0"
    return excel(frame)


def check_errors(dataset: Dataset) -> None:
    assert np.flatnonzero(np.isnan(dataset.main_field.array[:, 0])).tolist() == [2]
    assert np.flatnonzero(np.isnan(dataset.main_field.array[:, 1])).tolist() == [5]
    assert any("formulas without a stored value" in note for note in dataset.notes)


def check_stray(dataset: Dataset) -> None:
    assert dataset.n == len(FRAME) + 1
    assert np.isnan(dataset.main_field.array[-1]).tolist() == [False, True]


def far_rows() -> bytes:
    """Write a table, and one more row far below it."""
    book = openpyxl.load_workbook(io.BytesIO(excel()))
    book.active.cell(60_000, 1, 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


CASES: dict[str, Case] = {
    "entities": refused("t.xlsx", altered(sheet=LAUGHS), "xl/worksheets/sheet1.xml", "declares entities"),
    "entities in UTF-16": refused("t.xlsx", altered(sheet=LAUGHS.decode().encode("utf-16")), "sheet1.xml", "declares entities"),
    "too wide": refused("t.xlsx", altered(sheet=SHEET % FAR), "sheet 'Sheet1'", "16,384 columns"),
    "cut sheet": refused("t.xlsx", altered(sheet=(SHEET % b"<row>")[:-40]), "", "not a readable Excel workbook"),
    "no sheets": refused("t.xlsx", altered(book=b"<workbook/>"), "", "no sheet"),
    "blank sheet": refused("t.xlsx", altered(sheet=SHEET % b""), "sheet 'Sheet1'", "blank"),
    "ragged": refused("t.xlsx", ragged, "row 3", "3 values, but the first row has 2"),
    "bomb": refused("t.xlsx", altered(sheet=SHEET % (b" " * (80 << 20))), "sheet1.xml", "200 times"),
    "no workbook": refused("t.xlsx", lambda: b"a,b\n1,2\n", "", "not a readable Excel workbook"),
    "cut workbook": refused("t.xlsx", lambda: excel()[:-90], "", "this file is damaged"),
    "header only": refused("t.xlsx", lambda: excel(FRAME[:0]), "", "no rows"),
    "same name": refused("t.xlsx", lambda: excel(FRAME.set_axis(["a", "a", "c"], axis=1)), "column 'a'", "two columns"),
    "old": refused("t.xls", lambda: OLE, "", "old or password-protected", "without a password"),
    "locked": refused("t.xlsx", lambda: OLE, "", "old or password-protected", "without a password"),
    "OpenDocument": refused("t.ods", lambda: zipped({"mimetype": b"x", "content.xml": b"<x/>"}), "", "OpenDocument", ".xlsx"),
    "wrong sheet": refused("t.xlsx", excel, "", "no sheet 'Two'", "Sheet1", IngestOptions().replace({"table.sheet": "Two"})),
    "errors and formulas": converted("t.xlsx", errors, check_errors),
    "a stray cell far below": converted("t.xlsx", far_rows, check_stray),
    "Feather 1": refused("t.feather", lambda: b"FEA1" + bytes(64), "", "version 1"),
    "cut Arrow": refused("t.arrow", lambda: arrow()[:-60], "", "not a readable Arrow"),
    "cut Arrow stream": refused("t.arrows", lambda: arrow(stream=True)[:-400], "", "not a readable Arrow"),
}

GOOD = {"xlsx": {"good.xlsx": excel()}, "arrow": {"good.arrow": arrow()}}
