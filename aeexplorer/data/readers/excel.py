"""A sheet of an Excel workbook (.xlsx) as a stream of batches of strings; formulas are read as their stored values."""

import datetime
import itertools
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import pyarrow as pa

from aeexplorer.data.readers.csv import MISSING, clean_header
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

_BATCH = 1 << 12
_CHECKED_ROWS = 100
_EMPTY = {*MISSING, "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
_BROKEN = (
    AttributeError,
    EOFError,
    KeyError,
    LookupError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class ExcelSource:
    """The rows of one sheet.

    Parameters
    ----------
    member
        The workbook; refused where its XML declares entities.
    sheet
        Name of the sheet; an empty text takes the first.
    """

    decimal = "."
    count: int | None = None

    def __init__(self, member: Member, sheet: str = "") -> None:
        self.member = member
        self.notes: list[str] = []
        self._refuse_entities()
        with self._workbook() as book:
            self.sheets: tuple[str, ...] = tuple(s.title for s in book.worksheets)
        if not self.sheets:
            raise member.rejected("it has no sheet with cells", "Give a workbook with a table in it")
        if sheet and sheet not in self.sheets:
            raise member.rejected(f"it has no sheet {sheet!r}", f"Choose among {', '.join(self.sheets[:12])}")
        self.sheet = sheet or self.sheets[0]
        if len(self.sheets) > 1:
            self.notes.append(f"the sheet {self.sheet!r} of {len(self.sheets)} was read")
        found = next(self._rows(), None)
        if found is None:
            raise self._rejected("there is nothing in it", "Give a sheet with a header and rows")
        number, header = found
        if len(header) > MAX_COLUMNS:
            raise self._rejected(f"it has {len(header):,} columns, more than {MAX_COLUMNS:,}", "Keep the columns you need")
        self._headless = all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in header)
        self.names = clean_header(["" if self._headless else _text(cell) or "" for cell in header], member)
        if self._headless:
            self.notes.append("the first row holds only numbers, so it was read as data; columns are numbered")
        self.first_row = number if self._headless else number + 1
        self._tell_formulas()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, every column as strings, missing values as nulls; rows without any value are left out."""
        rows = self._rows()
        if not self._headless:
            next(rows)
        while piece := list(itertools.islice(rows, _BATCH)):
            for number, row in piece:
                if len(row) > len(self.names):
                    reason = f"it has {len(row)} values where the first row has {len(self.names)}"
                    raise self._rejected(reason, "Give every column a name in the first row", f"row {number}")
            columns = [
                pa.array([_text(row[i]) if i < len(row) else None for _, row in piece], pa.string())
                for i in range(len(self.names))
            ]
            yield pa.RecordBatch.from_arrays(columns, names=self.names)

    def _rows(self, values: bool = True) -> Iterator[tuple[int, Sequence[Any]]]:
        """Numbered rows that hold something, without the empty cells at their end."""
        with self._workbook(values) as book:
            sheet = book[self.sheet]
            sheet.reset_dimensions()  # what the file says of its size may be anything
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                width = next((i for i in range(len(row), 0, -1) if row[i - 1] is not None), 0)
                if width:
                    yield number, row[:width]

    @contextmanager
    def _workbook(self, values: bool = True) -> Iterator[Any]:
        import openpyxl

        with self.member.open() as stream:
            try:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
                try:
                    yield book
                finally:
                    book.close()
            except _BROKEN as error:
                reason = f"it is no readable Excel workbook ({(str(error).splitlines() or [''])[0][:120]})"
                raise self.member.rejected(reason, "Save it anew as .xlsx, or as CSV") from None

    def _tell_formulas(self) -> None:
        """Say where formulas have no stored value: a program wrote the file, and no spreadsheet ever computed it."""
        formulas = itertools.islice(self._rows(values=False), _CHECKED_ROWS)
        known = dict(itertools.islice(self._rows(), _CHECKED_ROWS))
        lost = 0
        for number, row in formulas:
            stored = known.get(number, ())
            for i, cell in enumerate(row):
                is_formula = isinstance(cell, str) and cell.startswith("=")
                lost += is_formula and (i >= len(stored) or stored[i] is None)
        if lost:
            self.notes.append(
                f"formulas without a stored value count as missing ({lost:,} in the first {_CHECKED_ROWS} rows); "
                "opening the file in a spreadsheet and saving it computes them"
            )

    def _refuse_entities(self) -> None:
        """Read the start of every XML part up to its first element; a document type declaration has no place there."""
        with self.member.open() as stream:
            try:
                with zipfile.ZipFile(stream) as archive:
                    parts = [info for info in archive.infolist() if info.filename.endswith((".xml", ".rels"))]
                    culprit = next((info.filename for info in parts if _declares(archive, info)), None)
            except (*_BROKEN, expat.ExpatError) as error:
                raise self.member.rejected(f"it is no readable Excel workbook ({error})", "Save it anew as .xlsx") from None
        if culprit is not None:
            raise self.member.rejected("its XML declares entities", "Save it anew as .xlsx", culprit)

    def _rejected(self, reason: str, fix: str, where: str = "") -> Exception:
        place = ", ".join(part for part in (f"sheet {self.sheet!r}", where) if part)
        return self.member.rejected(reason, fix, place)


class _Begun(Exception):
    """The first element was met."""


def _declares(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    declared = False

    def declare(*_: Any) -> None:
        nonlocal declared
        declared = True
        raise _Begun

    def begin(*_: Any) -> None:
        raise _Begun

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = declare
    parser.StartElementHandler = begin
    with archive.open(info) as part:
        try:
            parser.ParseFile(part)
        except _Begun:
            return declared
    return declared


def _text(cell: Any) -> str | None:
    """A cell as it would stand in a CSV file."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ", "seconds")
    text = cell.strip() if isinstance(cell, str) else str(cell)
    return None if text in _EMPTY else text.removesuffix(".0") if isinstance(cell, float) else text
