"""Conversion of dates and times in tables to numbers of days, and of the first day back to text."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_TIME = r"(?:[T ](?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?P<fraction>\.\d+)?)?Z?)?"
_ISO = rf"^(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){_TIME}$"
_DOTTED = rf"^(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_TIME}$"
_CLOCK = r"^((?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)$"
_DAY_MICROSECONDS = 86_400_000_000
_UNITS, _UNIT_MICROSECONDS = ("us", "ms", "s", "m"), (1, 1_000, 1_000_000, 60_000_000)
_DURATION_UNITS = ("s", "ms", "us", "ns")


def looks_like_date(kind: pa.DataType, example: str) -> bool:
    """Return whether a column may hold dates, by its type or its first value.

    Texts may read 2024-05-31, 2024/5/31 or 31.5.2024, each with or without a time.
    """
    return is_temporal(kind) or (pa.types.is_string(kind) and bool(re.match(_ISO, example) or re.match(_DOTTED, example)))


def is_temporal(kind: pa.DataType) -> bool:
    """Return whether a type stands for dates or points in time."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def to_days(values: pa.Array) -> np.ndarray:
    """Convert dates, or texts of dates, to days since 1970-01-01: float64 ``(n,)``, NaN where missing or not a date."""
    if is_temporal(values.type):
        microseconds = pc.cast(pc.cast(values, pa.timestamp("us"), safe=False), pa.int64())
        return _to_floats(microseconds) / _DAY_MICROSECONDS
    days = _parse(values, _ISO)
    return np.where(np.isnan(days), _parse(values, _DOTTED), days)


def is_time_of_day(text: str) -> bool:
    """Return whether a text is a time of day, such as 9:30 or 14:05:00."""
    return re.match(_CLOCK, text) is not None


def to_times(values: pa.Array) -> np.ndarray:
    """Convert texts of dates to days since 1970-01-01, and times of day to days since midnight: float64 ``(n,)``, else NaN."""
    return to_days(pc.replace_substring_regex(values, _CLOCK, r"1970-01-01 \1"))


def format_start(first: float, whole_days: bool, unit: int = 4) -> str:
    """Format the day of a number of days since 1970-01-01 as an ISO date, with a time unless the column has whole days.

    The time is given to a unit: 1 microsecond, 2 millisecond, 3 second or 4 minute.
    """
    day = np.datetime64(int(np.floor(first)), "D")
    return str(day if whole_days else day.astype(f"M8[{_UNITS[unit - 1]}]"))


def finest_unit(days: np.ndarray) -> int:
    """Return the coarsest unit of which all points in time ``(n,)`` are multiples: 1 microsecond to 4 minute."""
    microseconds = np.rint(days * _DAY_MICROSECONDS)
    fits = [i for i, size in enumerate(_UNIT_MICROSECONDS, 1) if not (microseconds % size).any()]
    return max(fits, default=1)


def shown_unit(finest: int, span: float) -> int:
    """Return the unit, from `finest` to 4 minute, that float32 still tells apart at the end of a span of days."""
    step = float(np.spacing(np.float32(span))) * _DAY_MICROSECONDS
    return next((i for i in range(finest, 4) if step < _UNIT_MICROSECONDS[i - 1]), 4)


def to_ticks(durations: pa.Array) -> pa.Array:
    """Convert durations to the whole numbers in which their type counts: int64 ``(n,)``, null where missing."""
    return pc.cast(durations, pa.int64())


def duration_steps(unit: str, zeros: int) -> tuple[str, int]:
    """Return the unit in which durations are shown, and how many ticks it has.

    Durations that all end in so many zeros are shown in a unit that has no more digits than they need: 5,000 ms are 5 s.
    """
    steps = min(zeros // 3, _DURATION_UNITS.index(unit))
    return _DURATION_UNITS[_DURATION_UNITS.index(unit) - steps], 1000**steps


def _parse(values: pa.Array, pattern: str) -> np.ndarray:
    parts = pc.extract_regex(values, pattern)
    year, month, day = (_extract_part(parts, name) for name in ("year", "month", "day"))
    is_valid = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)  # False where NaN
    months = ((year - 1970) * 12 + month - 1)[is_valid].astype("M8[M]")
    month_start = months.astype("M8[D]").astype(np.int64)
    month_days = (months + 1).astype("M8[D]").astype(np.int64) - month_start
    hour, minute, second, fraction = (_extract_part(parts, name) for name in ("hour", "minute", "second", "fraction"))
    time = (hour * 3600 + minute * 60 + second + fraction) / 86_400
    days = np.full(len(values), np.nan)
    days[is_valid] = np.where(day[is_valid] <= month_days, month_start + day[is_valid] - 1 + time[is_valid], np.nan)
    return days


def _extract_part(parts: pa.StructArray, name: str) -> np.ndarray:
    """Return one named group of all matches as numbers: 0 where the group is empty, NaN where nothing matched."""
    texts = pc.struct_field(parts, name)
    return _to_floats(pc.cast(pc.if_else(pc.equal(texts, ""), "0", texts), pa.float64()))


def _to_floats(values: pa.Array) -> np.ndarray:
    floats: np.ndarray = pc.cast(values, pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return floats
