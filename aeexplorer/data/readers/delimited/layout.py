"""How a CSV file is laid out: lines before the header, separator, quotation marks and header."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from aeexplorer.data.readers.delimited.text import BLOCK_BYTES, DelimitedText
from aeexplorer.data.uploads.members import Member

_NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")
_SEPARATOR_LINE = re.compile(r'"?sep=(\\t|.)"?[;,\t|\s]*', re.IGNORECASE)
_SEPARATORS = ("\t", ";", "|", ",")  # the comma last: it may be a decimal mark
_INSPECTED_LINES = 50
_MAX_PREAMBLE = 20  # lines


@dataclass
class CsvLayout:
    """How a CSV file is laid out."""

    separator: str
    header: list[str]
    """Cells of the header; empty texts for columns without a name."""
    is_headless: bool
    """Whether the first row is data."""
    skipped: int
    """Lines before the first row of data."""
    has_quoting: bool
    """Whether a quotation mark at the beginning of a cell quotes it."""
    has_padding: bool
    """Whether there are blanks between separators and the quotation marks behind them."""
    notes: list[str]


def find_layout(text: DelimitedText, start: str) -> CsvLayout:
    """Find the layout of a CSV file.

    Parameters
    ----------
    text
        The file.
    start
        Its beginning, which is not blank.

    Raises
    ------
    UploadRejected
        If the quotation marks do not fit together.
    """
    lines = start.split("\n")[: _INSPECTED_LINES + _MAX_PREAMBLE]
    notes: list[str] = []
    # lines before the header
    skipped = next(i for i, line in enumerate(lines) if line.strip())
    declared = _SEPARATOR_LINE.fullmatch(lines[skipped])
    skipped += declared is not None
    separator = declared[1].replace("\\t", "\t") if declared else _guess_separator(lines[skipped:])
    preamble = _count_preamble(lines[skipped:], separator)
    if any(line.strip() for line in lines[skipped : skipped + preamble]):
        first = next(line.strip() for line in lines[skipped : skipped + preamble] if line.strip())
        lines_were = "line before the header was" if preamble == 1 else f"{preamble} lines before the header were"
        notes.append(f"the {lines_were} skipped (first: {first[:60]!r})")
    skipped += preamble
    # header
    has_quoting, has_padding = _find_quoting(text, separator, skipped) if text.has_quotes else (True, False)
    rest = start.split("\n")[skipped:]
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if has_quoting else csv.QUOTE_NONE
    reader = csv.reader((f"{line}\n" for line in rest), delimiter=separator, quoting=quoting, skipinitialspace=has_padding)
    try:
        header = [unquote(cell, has_quoting) for cell in next(reader, [])]
    except csv.Error:
        reason = "the first row cannot be read: a line end stands within a cell, or a quote is never closed"
        raise text.member.rejected(reason, "Save the file again as CSV", f"line {skipped + 1}") from None
    if not has_quoting:
        notes.append("quotation marks were read as ordinary characters, as some do not enclose whole cells")
    is_headless = bool(header) and all(_NUMBER.fullmatch(cell) for cell in header)
    n_lines = 0 if is_headless else reader.line_num
    header = _fit_header(header, [_cells(line, separator) for line in rest[n_lines:_INSPECTED_LINES] if _is_row(line)], notes)
    if is_headless:
        notes.append("the first row holds only numbers, so it was read as data and the columns were numbered")
        header = [""] * len(header)
    return CsvLayout(separator, header, is_headless, skipped + n_lines, has_quoting, has_padding, notes)


def unquote(cell: str, has_quoting: bool = False) -> str:
    """Return a cell without the quotation marks around it, where the file as a whole has no quoting."""
    is_quoted = not has_quoting and re.fullmatch(r'"(?:[^"]|"")*"', cell.strip())
    return cell.strip()[1:-1].replace('""', '"') if is_quoted else cell


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _cells(line: str, separator: str) -> list[str]:
    """Cut one line into cells; quoted cells may hold the separator."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def _guess_separator(lines: Sequence[str]) -> str:
    """Return the separator that cuts the most lines into equally many cells, at least two; the comma only if no other does."""
    rows = [line for line in lines if _is_row(line)] or [line for line in lines if line.strip()]

    def rank(separator: str) -> tuple[float, int]:
        widths = Counter(len(_cells(line, separator)) for line in rows)
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        return (count / len(rows) if width > 1 else 0.0), width

    ranks = {separator: rank(separator) for separator in _SEPARATORS}
    best = max(share for share, _ in ranks.values())
    if best == 0:
        return ","
    if best < 1:  # no separator fits all lines: the widest of the good ones
        return max(ranks, key=lambda separator: (ranks[separator][0] >= 0.8 * best, *ranks[separator][::-1]))
    return next(separator for separator in _SEPARATORS if ranks[separator][0] == best)


def _count_preamble(lines: Sequence[str], separator: str) -> int:
    """Return the number of lines before the header: titles, comments and blank lines."""
    rows = [_cells(line, separator) for line in lines]
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widths = Counter(len(row) for row, line in zip(rows, lines, strict=True) if _is_row(line))
    usual = widths.most_common(1)[0][0] if widths else 1
    for i, (row, line) in enumerate(zip(rows[:_MAX_PREAMBLE], lines, strict=False)):
        following = next((j for j in range(i + 1, len(rows)) if filled[j] and _is_row(lines[j])), None)
        is_comment = line.startswith("#") and len(row) != usual
        if not filled[i] or is_comment:
            continue
        has_open_quote = line.count('"') % 2 == 1  # a name of a column in several lines
        if usual < 2 or filled[i] > 1 or following is None or has_open_quote:
            return i
        is_above_header = len(rows[following]) == usual and not any(map(_NUMBER.fullmatch, rows[following]))
        if len(row) < usual and (usual > 2 or is_above_header):
            continue  # a title
        if len(row) == usual > 2 and row[0].strip() and is_above_header and filled[following] == usual:
            continue  # a title with separators behind it
        return i
    return 0


def _fit_header(header: list[str], rows: Sequence[list[str]], notes: list[str]) -> list[str]:
    """Return a header that is as long as the rows, where they agree in one cell more or less."""
    widths = {len(row) for row in rows}
    if widths == {len(header) + 1}:
        if not any(row[-1].strip() for row in rows):  # a separator ends each row
            return [*header, ""]
        notes.append("the rows have one value more than the header has names, so their first values are names of rows")
        return ["row name", *header]
    if len(header) > 1 and not header[-1].strip() and widths == {len(header) - 1}:
        return header[:-1]
    return header


def _find_quoting(text: DelimitedText, separator: str, skipped: int) -> tuple[bool, bool]:
    """Return whether quotation marks at the beginning of cells quote them, and whether there are blanks before them.

    They do not quote if quoting merges rows, or fails, while all lines have equally many cells without it.
    """
    csv.field_size_limit(BLOCK_BYTES)
    for has_padding in (False, True):
        strict, error = _read(_rows(text, skipped), separator, has_padding)
        if strict is not None and strict.is_uniform and strict.n_records == strict.n_lines:
            return True, has_padding
    widths = {line.count(separator) for line in _rows(text, skipped) if line}
    if len(widths) == 1 and (strict is None or (widths != {0} and not _has_escapes(text, separator, skipped))):
        return False, False
    for has_padding, is_strict in ((False, True), (True, True), (False, False)):
        reading, _ = _read(_rows(text, skipped), separator, has_padding, is_strict)
        if reading is not None and reading.is_uniform and not reading.is_open:
            return True, has_padding
    if strict is None:
        raise _misquoted(text.member, error + skipped)
    return True, False  # rows of unequal length, which are refused later


def _has_escapes(text: DelimitedText, separator: str, skipped: int) -> bool:
    """Return whether a quoted cell has a doubled quotation mark in it, which shows that a program quoted the cells."""
    mark = re.escape(separator)
    escape = re.compile(rf'(?:^|{mark})"(?:[^"]|"")*""(?:[^"]|"")*"(?:{mark}|$)')
    return any(escape.search(line) for line in _rows(text, skipped) if '""' in line)


def _misquoted(member: Member, line: int) -> Exception:
    fix = 'Close the quote, or write "" for a quotation mark inside a value'
    return member.rejected("a quote is opened but never closed, or closed inside a value", fix, f"line {line}")


def _rows(text: DelimitedText, skipped: int) -> Iterator[str]:
    """Yield the lines after the first `skipped` ones, with an empty text for blank lines and comments."""
    for number, line in enumerate(text.lines()):
        if number >= skipped:
            yield line if _is_row(line) else ""


@dataclass
class _Reading:
    """Result of cutting a file into records."""

    n_lines: int
    n_records: int
    is_uniform: bool
    is_open: bool
    """Whether a quoted cell is open at the end."""


def _read(lines: Iterable[str], separator: str, has_padding: bool, is_strict: bool = True) -> tuple[_Reading | None, int]:
    """Cut lines into records; None and the first line of the record that cannot be read where that fails."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=is_strict, skipinitialspace=has_padding)
    widths: set[int] = set()
    n, start, last = 0, 1, ""
    try:
        for record in reader:
            widths.add(len(record))
            n, start, last = n + 1, reader.line_num + 1, record[-1] if record else ""
    except csv.Error:
        return None, start
    return _Reading(reader.line_num, n, len(widths - {0}) == 1, not is_strict and last.endswith("\n")), start
