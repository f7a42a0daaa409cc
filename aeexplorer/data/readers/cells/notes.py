"""How the texts of a column are read, and the notes that say so."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.readers.cells.dates import Order, to_iso
from aeexplorer.data.readers.cells.missing import MissingEvidence
from aeexplorer.data.readers.cells.numbers import Mark, to_plain

BY_OPTION = "as the option says"
"""Reason of a reading that the user chose."""
_MAX_NAMES = 5


@dataclass
class ColumnReading:
    """How the texts of a column are read."""

    name: str
    missing: frozenset[str]
    """Texts in small letters that are missing values."""
    counts: Mapping[str, int]
    """Occurrences of the missing texts, as they are written, whether or not they are missing here."""
    n_blank: int
    """Blank cells."""
    is_closed: bool
    """Whether the column holds numbers, dates or truth values, so that no missing text can be a value."""
    rewrites: bool = False
    """Whether numbers or dates are rewritten."""
    is_number: bool = False
    is_date: bool = False
    # numbers
    mark: Mark = "point"
    why: str = ""
    """Why `mark` was taken, where the values of the column do not tell."""
    example: str = ""
    """A value that reads as two different numbers, if the values do not tell."""
    rewritten: str = ""
    """The first number that is not written as in programming languages."""
    units: Mapping[str, int] = field(default_factory=dict)
    """Currency or percent sign, and how often it occurs."""
    n_numbers: int = 0
    has_decimal_comma: bool = False
    """Whether the values tell that the comma is the decimal mark."""
    # dates
    order: Order = "day_first"
    order_why: str = ""
    """Why `order` was taken, where the values of the column do not tell."""
    order_example: str = ""
    """A value that reads as two different dates, if the values do not tell."""
    zone: str = ""
    """Time zone of all values; empty for none or several."""
    has_zones: bool = False
    has_orders: bool = False
    """Whether there are dates of numbers, with the day or the month first."""

    def apply(self, texts: pa.Array) -> pa.Array:
        """Rewrite trimmed texts: missing ones to null, numbers to plain numbers, dates to ISO form."""
        if self.missing:
            is_missing = MissingEvidence.is_missing(texts, self.missing)
            if pc.any(is_missing).as_py():
                texts = pc.if_else(is_missing, pa.scalar(None, pa.string()), texts)
        if not self.rewrites:
            return texts
        return to_plain(texts, self.mark) if self.is_number else to_iso(texts, self.order, bool(self.zone))


def reading_notes(readings: Sequence[ColumnReading]) -> list[str]:
    """Return sentences that say how texts were read, and how to change it."""
    return [*_missing_notes(readings), *_number_notes(readings), *_date_notes(readings)]


def _missing_notes(readings: Sequence[ColumnReading]) -> list[str]:
    notes = []
    counts: Counter[str] = Counter()
    for r in readings:
        counts.update({text: count for text, count in r.counts.items() if text.lower() in r.missing})
    if counts:
        texts = ", ".join(f"{text!r} ({count:,})" for text, count in counts.most_common(8))
        blanks = sum(r.n_blank for r in readings)
        also = f", and {blanks:,} blank cells" if blanks else ""
        notes.append(f"read as missing: {texts}{also}; the option table.missing_texts lists such texts")
    for r in readings:
        kept = {text: count for text, count in r.counts.items() if text.lower() not in r.missing}
        if kept:
            texts = ", ".join(f"{text!r} ({count:,})" for text, count in kept.items())
            change = "" if r.missing == frozenset() else "; the option table.missing_words = missing makes them missing"
            notes.append(f"column {r.name!r}: {texts} are values, not missing{change}")
    return notes


def _number_notes(readings: Sequence[ColumnReading]) -> list[str]:
    notes = []
    commas = [r for r in readings if r.has_decimal_comma]
    if commas:
        notes.append(f"numbers were read with decimal commas in {_names(commas)} (first: {commas[0].rewritten!r})")
    for r in readings:
        if not r.is_number or r.has_decimal_comma:
            continue
        if r.why:
            other: Mark = "comma" if r.mark == "point" else "point"
            read, unread = _show(r.example, r.mark), _show(r.example, other)
            change = "" if r.why == BY_OPTION else f"; the option table.decimal_mark = {other} reads {unread}"
            notes.append(f"column {r.name!r}: {r.example} is read as {read}, {r.why}{change}")
        elif r.rewritten and not r.units and r.rewritten.lstrip("+-") != _show(r.rewritten, r.mark).lstrip("-"):
            notes.append(f"column {r.name!r}: {r.rewritten} is read as {_show(r.rewritten, r.mark)}")
    for r in readings:
        if r.units:
            unit, count = next(iter(r.units.items()))
            lacking = f", which {r.n_numbers - count:,} values lack" if count < r.n_numbers else ""
            notes.append(f"column {r.name!r}: the numbers were read without {unit}{lacking} (first: {r.rewritten!r})")
    return notes


def _show(text: str, mark: Mark) -> str:
    return str(to_plain(pa.array([text]), mark)[0].as_py())


def _date_notes(readings: Sequence[ColumnReading]) -> list[str]:
    notes = []
    for r in readings:
        if not r.is_date or not r.rewrites:
            continue
        place = f"column {r.name!r}: "
        if r.order_why:
            read = to_iso(pa.array([r.order_example]), r.order, True)[0].as_py()
            reverse: Order = "month_first" if r.order == "day_first" else "day_first"
            change = "" if r.order_why == BY_OPTION else f"; the option table.date_order = {reverse} reads the reverse"
            notes.append(f"{place}{r.order_example} is read as {read}, {r.order_why}{change}")
        elif r.has_orders:
            notes.append(f"{place}dates were read with the {'day' if r.order == 'day_first' else 'month'} first")
        if r.zone and r.zone not in ("Z", "UTC", "GMT"):
            notes.append(f"{place}times stay in their time zone {r.zone}")
        elif r.has_zones and not r.zone:
            notes.append(f"{place}times of several time zones were converted to UTC")
    return notes


def _names(readings: Sequence[ColumnReading]) -> str:
    names = ", ".join(repr(r.name) for r in readings[:_MAX_NAMES])
    return f"{names} and {len(readings) - _MAX_NAMES:,} more" if len(readings) > _MAX_NAMES else names
