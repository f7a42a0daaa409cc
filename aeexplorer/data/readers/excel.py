"""Reader of one sheet of an Excel workbook (.xlsx), which yields batches of strings and the stored values of formulas."""

import datetime
import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

import pyarrow as pa

from aeexplorer.data.readers.csv import clean_header
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

_BATCH_ROWS = 1 << 12
_FORMULA_ROWS = 100  # rows at the start that are checked for formulas without a value
_LONG_INTEGER = re.compile(r"-?\d\.\d{9,}e\+1[5-9]$")
"""Text of a float that has many digits, and is whole."""
_READ_ERRORS = (
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
    """Rows of one sheet of a workbook.

    Parameters
    ----------
    member
        The workbook.
    sheet
        Name of the sheet; an empty text takes the first one that is not blank.

    Raises
    ------
    UploadRejected
        If the workbook cannot be read or declares XML entities, or the sheet is absent, blank or too wide.
    """

    n_rows: int | None = None

    def __init__(self, member: Member, sheet: str = "") -> None:
        self.member = member
        self.notes: list[str] = []
        self._refuse_entities()
        # sheet
        with self._open_workbook() as book:
            self.sheets: tuple[str, ...] = tuple(s.title for s in book.worksheets)
        if not self.sheets:
            raise member.rejected("the workbook has no sheet with cells", "Upload a workbook with a table in it")
        if sheet and sheet not in self.sheets:
            raise member.rejected(f"the workbook has no sheet {sheet!r}", f"Choose one of {', '.join(self.sheets[:12])}")
        self.sheet = sheet or self._first_filled()
        if len(self.sheets) > 1:
            self.notes.append(f"the sheet {self.sheet!r} was read, one of {len(self.sheets)}")
        # header
        first_row = next(self._rows(), None)
        if first_row is None:
            raise self._rejected("the sheet is blank", "Upload a sheet with a header and rows")
        number, header = first_row
        if len(header) > MAX_COLUMNS:
            reason = f"the sheet has {len(header):,} columns, more than {MAX_COLUMNS:,}"
            raise self._rejected(reason, "Keep only the columns you need")
        self._is_headless = all(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in header)
        self.names = clean_header(["" if self._is_headless else _to_text(cell) or "" for cell in header], member)
        if self._is_headless:
            self.notes.append("the first row holds only numbers, so it was read as data and the columns were numbered")
        self.first_row = number if self._is_headless else number + 1
        self._note_formulas_without_value()

    def _first_filled(self) -> str:
        """Return the first sheet with a cell in it, or the first one if all are blank."""
        for name in self.sheets:
            self.sheet = name
            if next(self._rows(), None) is not None:
                return name
        return self.sheets[0]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with every column as strings and missing values as nulls; empty rows are left out."""
        rows = self._rows()
        if not self._is_headless:
            next(rows)
        while chunk := list(itertools.islice(rows, _BATCH_ROWS)):
            for number, row in chunk:
                if len(row) > len(self.names):
                    reason = f"the row has {len(row)} values, but the first row has {len(self.names)}"
                    raise self._rejected(reason, "Give every column a name in the first row", f"row {number}")
            columns = [
                pa.array([_to_text(row[i]) if i < len(row) else None for _, row in chunk], pa.string())
                for i in range(len(self.names))
            ]
            yield pa.RecordBatch.from_arrays(columns, names=self.names)

    def _rows(self, values: bool = True) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield number and cells of the rows that are not empty, without empty cells at their end.

        With `values` False, cells with formulas give the formulas instead of their stored values.
        """
        with self._open_workbook(values) as book:
            sheet = book[self.sheet]
            sheet.reset_dimensions()  # the size in the file cannot be trusted
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                width = next((i for i in range(len(row), 0, -1) if row[i - 1] is not None), 0)
                if width:
                    yield number, row[:width]

    @contextmanager
    def _open_workbook(self, values: bool = True) -> Iterator[Any]:
        import openpyxl

        with self.member.open() as stream:
            try:
                book = openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)
                try:
                    yield book
                finally:
                    book.close()
            except _READ_ERRORS:
                reason = "the file is not a readable Excel workbook, or it is damaged"
                raise self.member.rejected(reason, "Save it again as .xlsx, or as CSV") from None

    def _note_formulas_without_value(self) -> None:
        """Add a note if formulas have no stored value: a program wrote the file, and no spreadsheet computed it."""
        formula_rows = itertools.islice(self._rows(values=False), _FORMULA_ROWS)
        value_rows = dict(itertools.islice(self._rows(), _FORMULA_ROWS))
        n_missing = 0
        for number, row in formula_rows:
            values = value_rows.get(number, ())
            for i, cell in enumerate(row):
                is_formula = isinstance(cell, str) and cell.startswith("=")
                n_missing += is_formula and (i >= len(values) or values[i] is None)
        if n_missing:
            self.notes.append(
                f"formulas without a stored value count as missing ({n_missing:,} in the first {_FORMULA_ROWS} rows); "
                "open the file in a spreadsheet program and save it to compute them"
            )

    def _refuse_entities(self) -> None:
        """Refuse document type declarations: read every XML part up to its first element."""
        with self.member.open() as stream:
            try:
                with zipfile.ZipFile(stream) as archive:
                    parts = [info for info in archive.infolist() if info.filename.endswith((".xml", ".rels"))]
                    offender = next((info.filename for info in parts if _declares_doctype(archive, info)), None)
            except (*_READ_ERRORS, expat.ExpatError):
                reason = "the file is not a readable Excel workbook, or it is damaged"
                raise self.member.rejected(reason, "Save it again as .xlsx") from None
        if offender is not None:
            raise self.member.rejected("the XML of the workbook declares entities", "Save it again as .xlsx", offender)

    def _rejected(self, reason: str, fix: str, where: str = "") -> Exception:
        place = ", ".join(part for part in (f"sheet {self.sheet!r}", where) if part)
        return self.member.rejected(reason, fix, place)


class _StopParsing(Exception):
    """Raised at the first element of an XML part."""


def _declares_doctype(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    has_doctype = False

    def on_doctype(*_: Any) -> None:
        nonlocal has_doctype
        has_doctype = True
        raise _StopParsing

    def on_element(*_: Any) -> None:
        raise _StopParsing

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = on_doctype
    parser.StartElementHandler = on_element
    with archive.open(info) as part:
        try:
            parser.ParseFile(part)
        except _StopParsing:
            return has_doctype
    return has_doctype


def _to_text(cell: Any) -> str | None:
    """Convert a cell to its text in a CSV file; None where it is blank."""
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(" ", "seconds")
    text = cell.strip() if isinstance(cell, str) else str(cell)
    if isinstance(cell, float) and _LONG_INTEGER.match(text):
        return f"{cell:.0f}"  # Excel keeps 15 digits of a number, and no integers apart
    return text.removesuffix(".0") if isinstance(cell, float) else text or None
