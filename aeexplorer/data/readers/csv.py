"""A CSV file as a stream of batches of strings: encoding, separator and header found out first."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as pacsv

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

MISSING = ["", "NA", "N/A", "n/a", "na", "nan", "NaN", "NAN", "null", "NULL", "Null", "None", "none", "?", "-", "#N/A"]
_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
_HEADER = 4 << 20
_BLOCK = 4 << 20
_SEPARATORS = ",;\t|"


class CsvSource:
    """The rows of a CSV file.

    Parameters
    ----------
    member
        The file; refused when it is no text, has no readable header or too many columns.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.notes: list[str] = []
        self._encoding = self._scan()
        start = self._start()
        self._separator = _separator(start)
        self.decimal = "," if self._separator == ";" and re.search(r"\d,\d", start) else "."
        try:
            header = next(csv.reader(io.StringIO(start), delimiter=self._separator), [])
        except csv.Error as error:
            raise member.rejected(f"its first row cannot be read ({error})", "Save it anew as CSV", "row 1") from None
        if len(header) > MAX_COLUMNS:
            raise member.rejected(f"it has {len(header):,} columns, more than {MAX_COLUMNS:,}", "Keep the columns you need")
        self._headless = bool(header) and all(_NUMBER.fullmatch(cell) for cell in header)
        if self._headless:
            self.notes.append("the first row holds only numbers, so it was read as data; columns are numbered")
            header = [""] * len(header)
        self.names = clean_header(header, member)
        self.first_row = 1 if self._headless else 2
        self.count: int | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, every column as strings, missing values as nulls."""
        read = pacsv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK,
            encoding=self._encoding,
            column_names=self.names,
            skip_rows_after_names=0 if self._headless else 1,
        )
        parse = pacsv.ParseOptions(delimiter=self._separator, newlines_in_values=True)
        convert = pacsv.ConvertOptions(
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=MISSING,
            column_types=dict.fromkeys(self.names, pa.string()),
        )
        try:
            with self.member.open() as source:
                yield from pacsv.open_csv(source, read_options=read, parse_options=parse, convert_options=convert)
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise self._explained(str(error)) from None

    def _explained(self, message: str) -> Exception:
        ragged = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message)
        if ragged:
            row, expected, got = ragged.groups()
            reason = f"it has {got} values where the first row has {expected}"
            return self.member.rejected(reason, "Give every row the same number of values", f"row {row}")
        if "straddl" in message:
            return self.member.rejected("a row is longer than 4 MB; a quote may never be closed", "Look for a lone quote mark")
        return self.member.rejected(f"it is no readable CSV ({message.splitlines()[0][:120]})", "Save it anew as CSV in UTF-8")

    def _scan(self) -> str:
        """The encoding, after a look at every byte; refuses binary files and quotes that are never closed."""
        quotes, encoding = 0, "utf-8"
        decoder: codecs.IncrementalDecoder = codecs.getincrementaldecoder("utf-8")()
        with self.member.open() as source:
            while piece := source.read(_BLOCK):
                if not quotes and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                    self.notes.append("the text was converted from UTF-16")
                    return "utf-16"
                if b"\0" in piece:
                    raise self.member.rejected("it holds NUL bytes, so it is no text", "Save it as CSV in UTF-8")
                quotes += piece.count(b'"')
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    encoding = "cp1252"
                    decoder = codecs.getincrementaldecoder("latin-1")()
        if quotes % 2:
            fix = 'Close it, or write "" for a quote'
            raise self.member.rejected("a quote is opened and never closed", fix, self._open_quote())
        if encoding == "cp1252":
            self.notes.append("the text is not UTF-8; it was read as Windows-1252 (Latin-1)")
        return encoding

    def _open_quote(self) -> str:
        line, is_open = 0, False
        with self.member.open() as source:
            for number, content in enumerate(source, 1):
                if content.count(b'"') % 2:
                    is_open = not is_open
                    line = number if is_open else line
        return f"line {line}"

    def _start(self) -> str:
        with self.member.open() as source:
            content = source.read(_HEADER)
        text = content.decode("utf-8-sig" if self._encoding == "utf-8" else self._encoding, "replace").lstrip("\r\n")
        if not text.strip():
            raise self.member.rejected("there is nothing in it", "Give a table with a header and rows")
        if len(content) == _HEADER and "\n" not in text and "\r" not in text:
            raise self.member.rejected("its first row is longer than 4 MB", "Keep the columns you need", "row 1")
        return text


def clean_header(cells: Sequence[str], member: Member) -> list[str]:
    """The names of the columns, numbered where they have none; refused where two are alike."""
    names = [_clean(cell) or f"column {i}" for i, cell in enumerate(cells, 1)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise member.rejected("two columns have this name", "Rename one of them", f"column {name!r}")
        seen.add(name)
    return names


def _separator(start: str) -> str:
    """The separator that cuts the first twenty rows into the most columns, all rows alike if possible."""
    lines = start.splitlines()[:20]

    def fits(separator: str) -> tuple[bool, int]:
        widths = [line.count(separator) for line in lines if line.strip()]
        return len(set(widths)) == 1 and widths[0] > 0, widths[0]

    return max(_SEPARATORS, key=fits)


def _clean(cell: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in cell).split())[:100]
