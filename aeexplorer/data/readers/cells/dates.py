"""Dates as people write them: 31.12.2024, 12/31/24, 3 Apr 2021, April 3rd, 2021, each with or without a time and a time zone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Order = Literal["day_first", "month_first"]

_PLAIN_ISO = (
    r"^[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}([T ]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?Z?)?$"  # read as it is
)
_MAX_CHARACTERS = 60
_CENTURY_LIMIT = 69  # 69 to 99 are years of the 20th century, as in POSIX
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene gennaio gen januari janeiro",
            "feb february februar février févr fév febrero febbraio februari fevereiro fev",
            "mar march märz mrz mär mars marzo maart mrt março",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august août aout agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc diciembre dic dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_ZONE_HOURS = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3}
_ZONE_HOURS |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9, "AEST": 10}
_TIME = (
    r"(?:(?:T|,? +)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{3,4}))?(?:\[[\w/]+\])?)?"
)
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_FORMS = tuple(
    re.compile(form + _TIME)
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second_part>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: de)?[ -/]{{1,2}}{_NAME},?(?: de)?[ -/](?P<year>\d{{4}}|\d{{2}})",
        rf"{_WEEKDAY}{_NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[ -/]{_NAME}[ -/](?P<day>\d{{1,2}})",
    )
)


class ParsedDate(NamedTuple):
    """A date with the meaning of its numbers left open where it depends on the order."""

    year: int
    first: int
    """Day or month in the order in which they are written; the day where the order is known."""
    second: int
    """Day or month; the month where the order is known."""
    is_open: bool
    """Whether it depends on the order which of both is the day."""
    has_point: bool
    """Whether points stand between the numbers, so that the day comes first unless it cannot."""
    time: str
    """Time as HH:MM:SS, with a fraction if it has one; empty for none."""
    is_american: bool
    """Whether the time has AM or PM."""
    zone: str
    """Time zone as it is written; empty for none."""
    minutes: int
    """Minutes that the zone is ahead of UTC."""


def parse_date(text: str) -> ParsedDate | None:
    """Parse a date; None if the text is none."""
    match = next((m for m in (form.fullmatch(text) for form in _FORMS) if m), None) if len(text) <= _MAX_CHARACTERS else None
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _CENTURY_LIMIT else 2000
    # day and month
    is_open = bool(parts.get("first"))
    if is_open:
        first, second = int(parts["first"]), int(parts["second_part"])
    else:
        month = parts["month"] if parts.get("month") else _MONTHS.get((parts.get("name") or "").lower())
        if month is None:
            return None
        first, second = int(parts["day"]), int(month)
    orders: Sequence[Order] = ("day_first", "month_first") if is_open else ("day_first",)
    if not any(_is_day(year, first, second, order) for order in orders):
        return None
    # time and zone
    time = _format_time(parts)
    offset = _zone_minutes(parts["zone"] or "")
    if time is None or offset is None:
        return None
    has_point = parts.get("mark") == "."
    return ParsedDate(year, first, second, is_open, has_point, time, bool(parts["half"]), parts["zone"] or "", offset)


def _is_day(year: int, first: int, second: int, order: Order) -> bool:
    day, month = (first, second) if order == "day_first" else (second, first)
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def _format_time(parts: dict[str, str | None]) -> str | None:
    """Return a time as HH:MM:SS with its fraction; empty without a time, and None if there is no such time."""
    if not parts["hour"]:
        return ""
    hour, minute, second = int(parts["hour"]), int(parts["minute"] or 0), int(parts["second"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (parts["half"].lower() == "p")
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = f".{parts['fraction']}" if parts["fraction"] else ""
    return f"{hour:02}:{minute:02}:{second:02}{fraction}"


def _zone_minutes(zone: str) -> int | None:
    if not zone or zone in _ZONE_HOURS:
        return 60 * _ZONE_HOURS.get(zone, 0)
    if zone[0] not in "+-":
        return None
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    return (1 if zone[0] == "+" else -1) * (60 * hours + minutes) if hours < 15 and minutes < 60 else None


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
            self._count(text, value, count)
        if self.n_open:
            self._update_sorted(parsed, encoded.indices.to_numpy(zero_copy_only=False))

    def _count(self, text: str, value: ParsedDate, count: int) -> None:
        self.is_american |= value.is_american
        if value.zone:
            self.zones[value.zone] = value.minutes
            self.n_zoned += count
        if not value.is_open:
            return
        self.n_open += count
        self.firsts.add(value.first)
        self.seconds.add(value.second)
        self.has_points &= value.has_point
        fits = {order: _is_day(value.year, value.first, value.second, order) for order in self.bad}
        for order, fit in fits.items():
            self.bad[order] += 0 if fit else count
        if all(fits.values()) and value.first != value.second and not self.example:
            self.example = text

    def _update_sorted(self, parsed: Sequence[ParsedDate], indices: np.ndarray) -> None:
        for order, directions in self.directions.items():
            if len(directions) < 2 and not self.bad[order]:
                days = np.array([_ordinal(value, order) for value in parsed])[indices]
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


def _ordinal(value: ParsedDate, order: Order) -> float:
    day, month = (value.first, value.second) if order == "day_first" or not value.is_open else (value.second, value.first)
    hours = int(value.time[:2]) * 60 + int(value.time[3:5]) if value.time else 0
    return date(value.year, month, day).toordinal() + hours / 1440


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
    value = parse_date(text)
    if value is None:
        return text
    if not value.is_open:
        order = "day_first"
    if not _is_day(value.year, value.first, value.second, order):
        return text
    day, month = (value.first, value.second) if order == "day_first" else (value.second, value.first)
    iso = f"{value.year:04}-{month:02}-{day:02}"
    if not value.time:
        return iso
    if value.minutes and not keep_zone:
        clock, point, fraction = value.time.partition(".")
        moment = np.datetime64(f"{iso}T{clock}") - np.timedelta64(value.minutes, "m")
        return str(moment).replace("T", " ") + point + fraction
    return f"{iso} {value.time}"
