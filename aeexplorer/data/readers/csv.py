"""Reader of CSV files, which finds encoding, separator, quoting and header, and yields batches of strings."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from aeexplorer.data.readers.delimited.layout import find_layout
from aeexplorer.data.readers.delimited.text import BLOCK_BYTES, DelimitedText
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

_START_BYTES = 4 << 20


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
        self._text = DelimitedText(member)
        self._layout = find_layout(self._text, self._read_start())
        self.notes = [*self._text.notes, *self._layout.notes]
        self.separator = self._layout.separator
        if len(self._layout.header) > MAX_COLUMNS:
            reason = f"the table has {len(self._layout.header):,} columns, more than {MAX_COLUMNS:,}"
            raise member.rejected(reason, "Keep only the columns you need")
        self.names = clean_header(self._layout.header, member)
        self.first_row = self._layout.skipped + 1
        self.n_rows: int | None = None
        self._n_comments = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with every column as strings and blank cells as nulls."""
        read_options = pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=self.names)
        parse_options = pacsv.ParseOptions(
            delimiter=self.separator,
            quote_char='"' if self._layout.has_quoting else False,
            newlines_in_values=self._layout.has_quoting and self._text.has_quotes,
            invalid_row_handler=self._skip_comment,
        )
        convert_options = pacsv.ConvertOptions(
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
            column_types=dict.fromkeys(self.names, pa.string()),
        )
        self._n_comments = 0
        try:
            with self._text.stream(self._layout.skipped, self.separator if self._layout.has_padding else "") as stream:
                for batch in pacsv.open_csv(
                    stream, read_options=read_options, parse_options=parse_options, convert_options=convert_options
                ):
                    yield batch if self._layout.has_quoting else _unquote(batch)
        except (pa.ArrowInvalid, UnicodeError) as error:
            raise self._explain(str(error)) from None
        if self._n_comments:
            note = f"comments (#) among the rows were skipped: {self._n_comments:,}"
            self.notes = [*(n for n in self.notes if n != note), note]

    def _skip_comment(self, row: Any) -> str:
        if not row.text.startswith("#"):
            return "error"
        self._n_comments += 1
        return "skip"

    def _explain(self, message: str) -> Exception:
        """Turn an error message of PyArrow into a refusal."""
        if "Empty CSV file" in message:
            return self.member.rejected("the table has columns but no rows", "Add rows to the table")
        ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)", message)
        if ragged:
            row, expected, actual = ragged.groups()
            reason = f"the row has {actual} values, but the first row has {expected}"
            where = f"row {int(row) + self._layout.skipped}" if row else ""
            return self.member.rejected(reason, "Give every row the same number of values", where)
        if "straddl" in message:
            reason = "a row is longer than 4 MB, perhaps because a quote is never closed"
            return self.member.rejected(reason, "Look for a single quotation mark without a partner")
        return self.member.rejected("the file is not a readable CSV file", "Save it again as CSV in UTF-8")

    def _read_start(self) -> str:
        start = self._text.start(_START_BYTES)
        if not start.strip():
            raise self.member.rejected("the file is blank", "Upload a table with a header and rows")
        if self.member.size >= _START_BYTES and "\n" not in start.strip("\n"):
            raise self.member.rejected("the first row is longer than 4 MB", "Keep only the columns you need", "row 1")
        return start


def _unquote(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Take away the quotation marks around whole cells, in a file without quoting."""
    columns = []
    for values in batch.columns:
        is_quoted = pc.match_substring_regex(values, r'^\s*"([^"]|"")*"\s*$')
        inner = pc.replace_substring(pc.replace_substring_regex(values, r'^\s*"(.*)"\s*$', r"\1"), '""', '"')
        columns.append(pc.if_else(is_quoted, inner, values))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def clean_header(cells: Sequence[str], member: Member) -> list[str]:
    """Return the names of the columns; unnamed columns are numbered, and duplicate names are refused."""
    names = [_clean_name(cell) or f"column {i}" for i, cell in enumerate(cells, 1)]
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise member.rejected("two columns have this name", "Rename one of them", f"column {name!r}")
        seen.add(name)
    return names


def _clean_name(cell: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in cell).split())[:100]
