"""Texts that stand for missing values: one list for all formats, and words that are values in columns of words."""

import io
from collections.abc import Callable

import openpyxl
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeexplorer.data.readers.arrow import ParquetSource
from aeexplorer.data.readers.cells.table import UnderstoodTable
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.readers.excel import ExcelSource
from aeexplorer.data.readers.jsonl import JsonlSource
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import TableOptions
from tests.data.readers.reading import opened, read_csv

CELLS = {
    "country": ["NA", "ZA", "BW", "AO", "ZA", "NA"],
    "label": ["none", "mild", "none", "severe", "mild", "none"],
    "work": [" ? ", "office", "n/a", "field", "N.A.", "#N/A"],
    "size": ["1.5", "-", "2.5", "NULL", "#DIV/0!", "3"],
    "note": ["", " ", "missing", "fine", "None", "fine"],
}
EXPECTED = {
    "country": CELLS["country"],
    "label": CELLS["label"],
    "work": [None, "office", None, "field", None, None],
    "size": ["1.5", None, "2.5", None, None, "3"],
    "note": [None, None, "missing", "fine", "None", "fine"],
}
ROWS = [dict(zip(CELLS, row, strict=True)) for row in zip(*CELLS.values(), strict=True)]


def as_csv() -> bytes:
    return "\n".join(",".join(row) for row in [list(CELLS), *(list(row.values()) for row in ROWS)]).encode()


def as_jsonl() -> bytes:
    return b"\n".join(map(orjson.dumps, ROWS))


def as_parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(CELLS), out)
    return out.getvalue()


def as_excel() -> bytes:
    book = openpyxl.Workbook()
    for row in [list(CELLS), *(list(row.values()) for row in ROWS)]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SOURCES: dict[str, tuple[Callable[[], bytes], Callable[[Member], object]]] = {
    "t.csv": (as_csv, CsvSource),
    "t.jsonl": (as_jsonl, JsonlSource),
    "t.parquet": (as_parquet, lambda member: ParquetSource([member])),
    "t.xlsx": (as_excel, ExcelSource),
}


def read(name: str, options: TableOptions) -> tuple[dict[str, list[str | None]], list[str]]:
    make, source = SOURCES[name]
    with opened(name, make()) as member:
        table = UnderstoodTable(source(member), options)  # type: ignore[arg-type]
        return pa.Table.from_batches(table.batches()).to_pydict(), table.notes


@pytest.mark.parametrize("name", SOURCES)
def test_every_format_has_the_same_missing_texts(name: str) -> None:
    columns, notes = read(name, TableOptions())
    assert columns == EXPECTED
    assert any("'?' (1)" in note and "'NULL' (1)" in note and "table.missing_texts" in note for note in notes)
    assert any("column 'country': 'NA' (2) are values" in note for note in notes)
    assert any("column 'label': 'none' (3) are values" in note for note in notes)


@pytest.mark.parametrize("name", SOURCES)
def test_the_meaning_of_words_and_the_list_can_be_changed(name: str) -> None:
    all_missing, _ = read(name, TableOptions(missing_words="missing"))
    assert all_missing["country"] == [None, "ZA", "BW", "AO", "ZA", None]
    assert all_missing["label"] == [None, "mild", None, "severe", "mild", None]
    values, _ = read(name, TableOptions(missing_words="values"))
    assert values["work"] == ["?", "office", "n/a", "field", "N.A.", "#N/A"]
    assert values["size"] == EXPECTED["size"]
    other, _ = read(name, TableOptions(missing_texts="office, zA"))
    assert other["work"] == ["?", None, "n/a", "field", "N.A.", "#N/A"]
    assert other["country"] == ["NA", None, "BW", "AO", None, "NA"]


def test_words_are_missing_where_the_numbers_of_the_file_have_them() -> None:
    columns, notes = read_csv("sex,length\nmale,3.5\nNA,NA\nfemale,2\nmale,1\n")
    assert columns["sex"] == ["male", None, "female", "male"]
    assert notes == ["read as missing: 'NA' (2); the option table.missing_texts lists such texts"]


def test_codes_of_countries_keep_na_also_where_numbers_have_it() -> None:
    columns, _ = read_csv("country,length\nNA,3.5\nZA,NA\nBW,2\nAO,1\n")
    assert columns["country"] == ["NA", "ZA", "BW", "AO"]
    assert columns["length"] == ["3.5", None, "2", "1"]


def test_a_minus_beside_a_plus_is_a_value() -> None:
    assert read_csv("strand,x\n+,1\n-,2\n+,3\n")[0]["strand"] == ["+", "-", "+"]
    assert read_csv("strand,x\nup,1\n-,2\nup,3\n")[0]["strand"] == ["up", None, "up"]


def test_truth_values_and_dates_have_no_words_as_values() -> None:
    columns, _ = read_csv("ok,day\nTrue,2021-04-03\nNA,none\nfalse,2021-04-05\n")
    assert columns == {"ok": ["True", None, "false"], "day": ["2021-04-03", None, "2021-04-05"]}


def test_cells_are_trimmed_before_they_are_compared() -> None:
    columns, _ = read_csv("age, work, height\n20, ?, 182.3\n21, Private, NA\n22, ?, \u00a0\n")
    assert columns == {"age": ["20", "21", "22"], "work": [None, "Private", None], "height": ["182.3", None, None]}
