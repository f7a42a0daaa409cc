"""Columns of dates: whether all values are dates, the order of day and month, and their rewriting in ISO form."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.readers.cells.date_texts import Day, Order, Time, is_day, parse_date

_PLAIN_ISO = (
    r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?Z?)?$"  # read as it is
)


@dataclass
class DateEvidence:
    """Whether all values of a column are dates, and what tells the order of day and month, updated batch by batch."""

    n: int = 0
    """Values, without missing texts."""
    is_date: bool = True
    """Whether all values so far are dates."""
    is_plain: bool = True
    """Whether all values are ISO dates without an offset, which need no rewriting."""
    n_open: int = 0
    """Values whose order of day and month is open, by form."""
    bad: dict[Order, int] = field(default_factory=lambda: {"day_first": 0, "month_first": 0})
    """Values that are no dates in each order."""
    directions: dict[Order, set[int]] = field(default_factory=lambda: {"day_first": set(), "month_first": set()})
    """Whether the dates rise (1) and fall (-1) from row to row, in each order."""
    last: dict[Order, float] = field(default_factory=dict)
    """Last date of the previous batch in each order."""
    firsts: set[int] = field(default_factory=set)
    """Distinct first numbers of the dates whose order is open."""
    seconds: set[int] = field(default_factory=set)
    """Distinct second numbers."""
    has_points: bool = True
    """Whether points stand in all dates whose order is open."""
    is_american: bool = False
    """Whether times have AM or PM."""
    zones: dict[str, int] = field(default_factory=dict)
    """Time zones as they are written, and the minutes that each is ahead of UTC."""
    n_zoned: int = 0
    """Values with a time zone."""
    example: str = ""
    """The first value that reads as two different dates."""

    def update(self, texts: pa.Array) -> None:
        """Update the evidence with a further batch of trimmed texts without nulls and missing texts."""
        if not self.is_date or not len(texts):
            return
        self.n += len(texts)
        if pc.all(pc.match_substring_regex(texts, _PLAIN_ISO)).as_py():
            return
        self.is_plain = False
        if any(parse_date(text) is None for text in texts[:20].to_pylist()):
            self.is_date = False
            return
        encoded = texts.dictionary_encode()
        counts = np.bincount(encoded.indices.to_numpy(zero_copy_only=False), minlength=len(encoded.dictionary))
        parsed = []
        for text, count in zip(encoded.dictionary.to_pylist(), counts.tolist(), strict=True):
            value = parse_date(text)
            if value is None:
                self.is_date = False
                return
            parsed.append(value)
            self._count(text, *value, count)
        if self.n_open:
            self._update_sorted(parsed, encoded.indices.to_numpy(zero_copy_only=False))

    def _count(self, text: str, day: Day, time: Time, count: int) -> None:
        self.is_american |= time.is_american
        if time.zone:
            self.zones[time.zone] = time.zone_minutes
            self.n_zoned += count
        if not day.is_open:
            return
        self.n_open += count
        self.firsts.add(day.first)
        self.seconds.add(day.second)
        self.has_points &= day.has_point
        fits = {order: is_day(day.year, day.first, day.second, order) for order in self.bad}
        for order, fit in fits.items():
            self.bad[order] += 0 if fit else count
        if all(fits.values()) and day.first != day.second and not self.example:
            self.example = text

    def _update_sorted(self, parsed: Sequence[tuple[Day, Time]], indices: np.ndarray) -> None:
        for order, directions in self.directions.items():
            if len(directions) < 2 and not self.bad[order]:
                days = np.array([_ordinal(*value, order) for value in parsed])[indices]
                steps = np.diff(days, prepend=self.last.get(order, days[0]))
                directions.update(np.unique(np.sign(steps[steps != 0])).astype(int).tolist())
                self.last[order] = float(days[-1])

    @property
    def certain(self) -> Order | None:
        """The order, if the values tell: only one is possible, or only one is sorted in time; else None."""
        possible = [order for order, bad in self.bad.items() if not bad]
        if len(possible) == 1:
            return possible[0]
        if not self.example:
            return None
        if self.has_points:
            return "day_first"
        if self.is_american:
            return "month_first"
        ordered = [order for order, directions in self.directions.items() if len(directions) == 1]
        if len(ordered) == 1 and self.n_open >= 5:
            return ordered[0]
        if self.n_open >= 3 and len(self.firsts) == 1 != len(self.seconds):  # the first of every month
            return "day_first"
        return "month_first" if self.n_open >= 3 and len(self.seconds) == 1 != len(self.firsts) else None

    @property
    def is_possible(self) -> bool:
        """Whether all values are dates in one order."""
        return self.n > 0 and self.is_date and not all(self.bad.values())

    @property
    def common_zone(self) -> str:
        """The time zone of all values; empty if they have several, or none."""
        return next(iter(self.zones)) if len(set(self.zones.values())) == 1 and self.n_zoned == self.n else ""


def _ordinal(day: Day, time: Time, order: Order) -> float:
    number, month = (day.first, day.second) if order == "day_first" or not day.is_open else (day.second, day.first)
    minutes = int(time.text[:2]) * 60 + int(time.text[3:5]) if time.text else 0
    return date(day.year, month, number).toordinal() + minutes / 1440


def to_iso(texts: pa.Array, order: Order, keep_zone: bool) -> pa.Array:
    """Write dates in ISO form.

    Parameters
    ----------
    texts
        Trimmed texts.
    order
        Whether the day or the month comes first where that is open.
    keep_zone
        Whether the times stay as they are written. Else they are converted to UTC.

    Returns
    -------
    Array
        Texts such as ``2024-12-31`` or ``2024-12-31 13:30:00``; those that are no dates are unchanged.
    """
    encoded = texts.dictionary_encode()
    iso = [_format(text, order, keep_zone) for text in encoded.dictionary.to_pylist()]
    return pa.array(iso, pa.string()).take(encoded.indices)


def _format(text: str, order: Order, keep_zone: bool) -> str:
    parsed = parse_date(text)
    if parsed is None:
        return text
    day, time = parsed
    order = order if day.is_open else "day_first"
    if not is_day(day.year, day.first, day.second, order):
        return text
    number, month = (day.first, day.second) if order == "day_first" else (day.second, day.first)
    iso = f"{day.year:04}-{month:02}-{number:02}"
    if not time.text:
        return iso
    if time.zone_minutes and not keep_zone:
        clock, point, fraction = time.text.partition(".")
        moment = np.datetime64(f"{iso}T{clock}") - np.timedelta64(time.zone_minutes, "m")
        return str(moment).replace("T", " ") + point + fraction
    return f"{iso} {time.text}"
