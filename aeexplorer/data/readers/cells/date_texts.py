"""Dates as people write them: 31.12.2024, 12/31/24, 3 Apr 2021, April 3rd, 2021, each with or without a time and a time zone."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

Order = Literal["day_first", "month_first"]

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
_TIME = re.compile(
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{3,4}))?(?:\[[\w/]+\])?"
)
_DATE_AND_TIME = re.compile(r"(.*?\d)(?:T|,? +)(\d{1,2}[:.h]\d{2}.*)")
_NAME = r"(?P<name>[^\W\d_]{3,10})\.?"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,? )?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: de)?[ -/]{{1,2}}{_NAME},?(?: de)?[ -/](?P<year>\d{{4}}|\d{{2}})",
        rf"{_WEEKDAY}{_NAME} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[ -/]{_NAME}[ -/](?P<day>\d{{1,2}})",
    )
)


class Day(NamedTuple):
    """A day with the meaning of its numbers left open where it depends on the order."""

    year: int
    first: int
    """Day or month in the order in which they are written; the day where the order is known."""
    second: int
    """Day or month; the month where the order is known."""
    is_open: bool
    """Whether it depends on the order which of both is the day."""
    has_point: bool
    """Whether points stand between the numbers, so that the day comes first unless it cannot."""


class Time(NamedTuple):
    """A time of a day."""

    text: str
    """HH:MM:SS, with a fraction if it has one; empty for none."""
    is_american: bool
    """Whether it has AM or PM."""
    zone: str
    """Time zone as it is written; empty for none."""
    zone_minutes: int
    """Minutes that the zone is ahead of UTC."""


_NO_TIME = Time("", False, "", 0)


def parse_date(text: str) -> tuple[Day, Time] | None:
    """Parse a date with or without a time; None if the text is none."""
    if len(text) > _MAX_CHARACTERS:
        return None
    parts = _DATE_AND_TIME.fullmatch(text)
    day = _parse_day(parts[1] if parts else text)
    time = _parse_time(parts[2]) if parts else _NO_TIME
    return None if day is None or time is None else (day, time)


@lru_cache(1 << 16)
def _parse_day(text: str) -> Day | None:
    match = next((m for m in (form.fullmatch(text) for form in _FORMS) if m), None)
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _CENTURY_LIMIT else 2000
    is_open = bool(parts.get("first"))
    if is_open:
        first, second = int(parts["first"]), int(parts["second"])
    else:
        month = parts["month"] if parts.get("month") else _MONTHS.get((parts.get("name") or "").lower())
        if month is None:
            return None
        first, second = int(parts["day"]), int(month)
    orders: Sequence[Order] = ("day_first", "month_first") if is_open else ("day_first",)
    if not any(is_day(year, first, second, order) for order in orders):
        return None
    return Day(year, first, second, is_open, parts.get("mark") == ".")


@lru_cache(1 << 16)
def _parse_time(text: str) -> Time | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (parts["half"].lower() == "p")
    zone = parts["zone"] or ""
    minutes = _zone_minutes(zone)
    if hour > 23 or minute > 59 or second > 59 or minutes is None:
        return None
    fraction = f".{parts['fraction']}" if parts["fraction"] else ""
    return Time(f"{hour:02}:{minute:02}:{second:02}{fraction}", bool(parts["half"]), zone, minutes)


@lru_cache(1 << 16)
def is_day(year: int, first: int, second: int, order: Order) -> bool:
    """Return whether the two numbers are day and month, in this order, of a day that exists."""
    day, month = (first, second) if order == "day_first" else (second, first)
    try:
        return bool(date(year, month, day))
    except ValueError:
        return False


def _zone_minutes(zone: str) -> int | None:
    if not zone or zone in _ZONE_HOURS:
        return 60 * _ZONE_HOURS.get(zone, 0)
    if zone[0] not in "+-":
        return None
    digits = zone[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    return (1 if zone[0] == "+" else -1) * (60 * hours + minutes) if hours < 15 and minutes < 60 else None
