"""Reader of CSV files, which finds encoding, separator and header, and yields batches of strings."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pacsv

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

MISSING_VALUES = ["", "NA", "N/A", "n/a", "na", "nan", "NaN", "NAN", "null", "NULL", "Null", "None", "none", "?", "-", "#N/A"]
_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
_START_BYTES = 4 << 20
_BLOCK_BYTES = 4 << 20
_SEPARATORS = ",;\t|"


class CsvSource:
    """Rows of a CSV file.

    Parameters
    ----------
    member
        The file.

    Raises
    ------
    UploadRejected
        If the file is not text, has no readable header, or has too many columns.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.notes: list[str] = []
        self._encoding = self._detect_encoding()
        start = self._read_start()
        self._separator = _guess_separator(start)
        self.decimal = "," if self._separator == ";" and re.search(r"\d,\d", start) else "."
        try:
            header = next(csv.reader(io.StringIO(start), delimiter=self._separator), [])
        except csv.Error as error:
            raise member.rejected(f"the first row cannot be read ({error})", "Save the file again as CSV", "row 1") from None
        if len(header) > MAX_COLUMNS:
            reason = f"the table has {len(header):,} columns, more than {MAX_COLUMNS:,}"
            raise member.rejected(reason, "Keep only the columns you need")
        self._is_headless = bool(header) and all(_NUMBER.fullmatch(cell) for cell in header)
        if self._is_headless:
            self.notes.append("the first row holds only numbers, so it was read as data and the columns were numbered")
            header = [""] * len(header)
        self.names = clean_header(header, member)
        self.first_row = 1 if self._is_headless else 2
        self.n_rows: int | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with every column as strings and missing values as nulls."""
        read_options = pacsv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK_BYTES,
            encoding=self._encoding,
            column_names=self.names,
            skip_rows_after_names=0 if self._is_headless else 1,
        )
        parse_options = pacsv.ParseOptions(delimiter=self._separator, newlines_in_values=True)
        convert_options = pacsv.ConvertOptions(
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=MISSING_VALUES,
            column_types=dict.fromkeys(self.names, pa.string()),
        )
        try:
            with self.member.open() as source:
                yield from pacsv.open_csv(
                    source, read_options=read_options, parse_options=parse_options, convert_options=convert_options
                )
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise self._explain(str(error)) from None

    def _explain(self, message: str) -> Exception:
        """Turn an error message of PyArrow into a refusal."""
        ragged = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
        if ragged:
            row, expected, actual = ragged.groups()
            reason = f"the row has {actual} values, but the first row has {expected}"
            return self.member.rejected(reason, "Give every row the same number of values", f"row {row}")
        if "straddl" in message:
            reason = "a row is longer than 4 MB, perhaps because a quote is never closed"
            return self.member.rejected(reason, "Look for a single quotation mark without a partner")
        reason = f"the file is not a readable CSV file ({message.splitlines()[0][:120]})"
        return self.member.rejected(reason, "Save it again as CSV in UTF-8")

    def _detect_encoding(self) -> str:
        """Scan all bytes and return the encoding; refuse binary files and quotes that are never closed."""
        quotes, encoding = 0, "utf-8"
        decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")()
        with self.member.open() as source:
            while block := source.read(_BLOCK_BYTES):
                if not quotes and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    self.notes.append("the text was converted from UTF-16")
                    return "utf-16"
                if b"\0" in block:
                    raise self.member.rejected("the file is not text: it contains NUL bytes", "Save it as CSV in UTF-8")
                quotes += block.count(b'"')
                try:
                    decoder.decode(block)
                except UnicodeDecodeError:
                    encoding = "cp1252"
                    decoder = codecs.getincrementaldecoder("latin-1")()
        if quotes % 2:
            fix = 'Close the quote, or write "" for a quotation mark inside a value'
            raise self.member.rejected("a quote is opened but never closed", fix, self._find_open_quote())
        if encoding == "cp1252":
            self.notes.append("the text is not UTF-8; it was read as Windows-1252 (Latin-1)")
        return encoding

    def _find_open_quote(self) -> str:
        last_opened, is_open = 0, False
        with self.member.open() as source:
            for number, line in enumerate(source, 1):
                if line.count(b'"') % 2:
                    is_open = not is_open
                    last_opened = number if is_open else last_opened
        return f"line {last_opened}"

    def _read_start(self) -> str:
        with self.member.open() as source:
            content = source.read(_START_BYTES)
        text = content.decode("utf-8-sig" if self._encoding == "utf-8" else self._encoding, "replace").lstrip("\r\n")
        if not text.strip():
            raise self.member.rejected("the file is blank", "Upload a table with a header and rows")
        if len(content) == _START_BYTES and "\n" not in text and "\r" not in text:
            raise self.member.rejected("the first row is longer than 4 MB", "Keep only the columns you need", "row 1")
        return text


def clean_header(cells: Sequence[str], member: Member) -> list[str]:
    """Return the names of the columns; unnamed columns are numbered, and duplicate names are refused."""
    names = [_clean_name(cell) or f"column {i}" for i, cell in enumerate(cells, 1)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise member.rejected("two columns have this name", "Rename one of them", f"column {name!r}")
        seen.add(name)
    return names


def _guess_separator(start: str) -> str:
    """Return the separator that cuts the first twenty rows into the most columns, if possible into equally many."""
    lines = start.splitlines()[:20]

    def rank(separator: str) -> tuple[bool, int]:
        counts = [line.count(separator) for line in lines if line.strip()]
        return len(set(counts)) == 1 and counts[0] > 0, counts[0]

    return max(_SEPARATORS, key=rank)


def _clean_name(cell: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in cell).split())[:100]
