"""A table whose texts are understood: missing texts are null, numbers are plain, and dates are in ISO form."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.readers.cells.dates import DateEvidence, Order
from aeexplorer.data.readers.cells.missing import MissingEvidence, parse_missing_texts
from aeexplorer.data.readers.cells.notes import BY_OPTION, ColumnReading, reading_notes
from aeexplorer.data.readers.cells.numbers import Mark, NumberEvidence
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import TableOptions

_T = TypeVar("_T")

READING_CHOICES = ("table.missing_texts", "table.missing_words", "table.decimal_mark", "table.date_order")
"""Dotted paths of the options that say how the texts of cells are read."""


class Source(Protocol):
    """Table that is read in batches of rows."""

    member: Member
    names: list[str]
    notes: list[str]
    first_row: int
    n_rows: int | None

    def batches(self) -> Iterator[pa.RecordBatch]: ...


@dataclass
class _Evidence:
    """What the texts of one column look like."""

    missing: MissingEvidence
    n_blank: int = 0
    numbers: NumberEvidence = field(default_factory=NumberEvidence)
    dates: DateEvidence = field(default_factory=DateEvidence)

    def update(self, texts: pa.Array) -> None:
        self.n_blank += texts.null_count
        others = self.missing.update(texts)
        self.numbers.update(others)
        self.dates.update(others)


class UnderstoodTable:
    """Rows of a table in which texts are understood by the evidence of whole columns and of the file.

    Columns of other types than text stay as they are. All rows are read once to collect the evidence.

    Parameters
    ----------
    source
        The table, with null for blank cells.
    options
        How texts are read, and which columns the user declared as numbers or categories.
    batches
        All rows of the source; None reads them from the source. The rows may be read with a progress bar so.
    max_rows
        Number of rows after which no further batch is read for evidence; None reads all rows.
    """

    decimal = "."

    def __init__(
        self,
        source: Source,
        options: TableOptions,
        batches: Iterable[pa.RecordBatch] | None = None,
        max_rows: int | None = None,
    ) -> None:
        self.source, self.member = source, source.member
        self.names, self.first_row, self.n_rows = source.names, source.first_row, source.n_rows
        evidence = _collect(source.batches() if batches is None else batches, options, max_rows)
        self._readings = _decide(evidence, options, getattr(source, "separator", ""))
        self.notes = [*source.notes, *reading_notes(list(self._readings.values()))]

    @property
    def choices(self) -> tuple[str, ...]:
        """Dotted paths of the options on which the reading of the texts depends."""
        readings = self._readings.values()
        has_marks = any(r.example for r in readings)
        has_open_dates = any(r.order_example for r in readings)
        return (
            *(READING_CHOICES[:2] if self._readings else ()),
            *(READING_CHOICES[2:3] if has_marks else ()),
            *(READING_CHOICES[3:] if has_open_dates else ()),
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with the texts rewritten."""
        for batch in self.source.batches():
            columns = [
                self._readings[name].apply(clean_texts(values)) if name in self._readings else values
                for name, values in zip(batch.schema.names, batch.columns, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def understand_texts(texts: dict[str, pa.Array], options: TableOptions) -> tuple[dict[str, pa.Array], list[str]]:
    """Return columns of texts in memory with the texts rewritten, and notes, see `UnderstoodTable`."""
    if not texts:
        return texts, []
    batch = pa.RecordBatch.from_arrays([clean_texts(values) for values in texts.values()], names=list(texts))
    readings = _decide(_collect([batch], options, None), options, "")
    rewritten = {name: readings[name].apply(values) for name, values in zip(texts, batch.columns, strict=True)}
    return rewritten, reading_notes(list(readings.values()))


def clean_texts(values: pa.Array) -> pa.Array:
    """Return trimmed texts, with null for blank ones."""
    trimmed = pc.utf8_trim_whitespace(pc.cast(values, pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _collect(batches: Iterable[pa.RecordBatch], options: TableOptions, max_rows: int | None) -> dict[str, _Evidence]:
    """Collect the evidence about each column of texts, in table order."""
    listed = parse_missing_texts(options.missing_texts)
    evidence: dict[str, _Evidence] = {}
    n = 0
    for i, batch in enumerate(batches):
        if i == 0:
            names = [field.name for field in batch.schema if _is_text(field.type)]
            evidence = {name: _Evidence(MissingEvidence(listed)) for name in names}
        for name, column in evidence.items():
            column.update(clean_texts(batch.column(name)))
        n += batch.num_rows
        if not evidence or (max_rows is not None and n >= max_rows):
            break
    return evidence


def _decide(evidence: dict[str, _Evidence], options: TableOptions, separator: str) -> dict[str, ColumnReading]:
    """Decide how the texts of each column are read."""
    numeric, categorical = set(options.numeric_columns), set(options.categorical_columns)
    is_numeric = {name: name in numeric or (name not in categorical and e.numbers.is_numeric) for name, e in evidence.items()}
    is_date = {name: not is_numeric[name] and name not in categorical and e.dates.is_possible for name, e in evidence.items()}
    # missing texts
    is_closed = {
        name: is_numeric[name] or is_date[name] or e.missing.are_truth_values or not e.missing.n_others
        for name, e in evidence.items()
    }
    used_words = {word for name, e in evidence.items() if is_closed[name] and e.missing.n_others for word in e.missing.words}
    # decimal mark and order of dates, by the columns whose values tell
    marks = [e.numbers.certain for name, e in evidence.items() if is_numeric[name]]
    orders = [e.dates.certain for name, e in evidence.items() if is_date[name]]
    file_mark: Mark | None = _majority(marks)
    file_order: Order | None = _majority(orders)
    readings = {}
    for name, e in evidence.items():
        missing = set(e.missing.listed) if is_closed[name] else e.missing.missing_in_words(options.missing_words, used_words)
        reading = ColumnReading(name, frozenset(missing), e.missing.counts, e.n_blank, is_closed[name])
        if is_numeric[name]:
            _decide_number(reading, e.numbers, options, file_mark, separator)
        elif is_date[name]:
            _decide_date(reading, e.dates, options, file_order, file_mark)
        readings[name] = reading
    return readings


def _majority(decided: Sequence[_T | None]) -> _T | None:
    counts = {value: decided.count(value) for value in decided if value is not None}
    best = [value for value, count in counts.items() if count == max(counts.values())]
    return best[0] if len(best) == 1 else None


def _decide_number(
    reading: ColumnReading, numbers: NumberEvidence, options: TableOptions, file_mark: Mark | None, separator: str
) -> None:
    """Decide the decimal mark of a column: by its values, else the option, else the other columns, else what is usual."""
    mark, why = numbers.certain, ""
    if mark is None and numbers.n_either:
        reading.example = numbers.example
        is_point = "." in numbers.example
        grouped: Mark = "comma" if is_point else "point"
        if options.decimal_mark != "auto":
            mark, why = options.decimal_mark, BY_OPTION
        elif file_mark is not None:
            mark, why = file_mark, f"as the decimal {file_mark} of other columns tells"
        elif numbers.looks_grouped:
            mark, why = grouped, "as the values below a thousand have no mark"
        elif separator == ";" and not is_point:
            mark, why = "comma", "as files with semicolons usually have decimal commas"
        else:
            mark, why = "point", "as nothing in the file tells"
        if file_mark == "point" and mark == "point" and is_point and not numbers.looks_grouped:
            why = ""  # the usual case
    reading.mark, reading.why = mark or "point", why
    reading.rewrites = not numbers.is_plain or reading.mark == "comma"
    reading.is_number = True
    reading.rewritten = numbers.rewritten
    reading.units = dict(numbers.units)
    reading.n_numbers = numbers.best
    reading.has_decimal_comma = numbers.certain == "comma"


def _decide_date(
    reading: ColumnReading, dates: DateEvidence, options: TableOptions, file_order: Order | None, file_mark: Mark | None
) -> None:
    """Decide the order of day and month of a column: by its values, else the option, else the other columns, else the usual."""
    order, why = dates.certain, ""
    is_possible = [o for o, bad in dates.bad.items() if not bad]
    is_told = len(is_possible) == 1 or not dates.example
    if not is_told:
        reading.order_example = dates.example
        if options.date_order != "auto":
            order, why = options.date_order, BY_OPTION
        elif order is not None:
            why = "" if dates.has_points else "as the order of the rows, the times or repeated values suggest"
        elif file_order is not None:
            order, why = file_order, "as in other columns"
        elif file_mark == "comma":
            order, why = "day_first", "as in most countries with decimal commas"
        else:
            order, why = "month_first", "as nothing in the file tells"
    reading.order, reading.order_why = order or "day_first", why
    reading.is_date = True
    reading.rewrites = not dates.is_plain
    reading.zone = dates.common_zone
    reading.has_zones = bool(dates.zones)
    reading.has_orders = dates.n_open > 0
