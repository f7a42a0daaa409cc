"""Dates and times of a table as numbers of days, and back as people write them."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_TIME = r"(?:[T ](?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?Z?)?"
_ISO = rf"^(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}}){_TIME}$"
_DOTTED = rf"^(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_TIME}$"
_DAY_US = 86_400_000_000


def looks_dated(kind: pa.DataType, example: str) -> bool:
    """Whether a column may hold dates, by its type or by its first value: 2024-05-31, 2024/5/31 or 31.5.2024, a time after it."""
    return is_temporal(kind) or (pa.types.is_string(kind) and bool(re.match(_ISO, example) or re.match(_DOTTED, example)))


def is_temporal(kind: pa.DataType) -> bool:
    """Whether the values are dates or points in time."""
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def days(values: pa.Array) -> np.ndarray:
    """float64 ``(n,)``: days since 1970-01-01 of dates or texts; NaN where missing, or no date."""
    if is_temporal(values.type):
        moments = pc.cast(pc.cast(values, pa.timestamp("us"), safe=False), pa.int64())
        return _floats(moments) / _DAY_US
    found = _parsed(values, _ISO)
    return np.where(np.isnan(found), _parsed(values, _DOTTED), found)


def start_of(first: float, whole: bool) -> str:
    """The day of a number of days since 1970-01-01, in ISO format; with a time where the column has times."""
    day = np.datetime64(int(np.floor(first)), "D")
    return str(day if whole else day.astype("M8[m]"))


def _parsed(values: pa.Array, pattern: str) -> np.ndarray:
    parts = pc.extract_regex(values, pattern)
    year, month, day = (_part(parts, name) for name in ("year", "month", "day"))
    valid = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)  # False where NaN
    months = ((year - 1970) * 12 + month - 1)[valid].astype("M8[M]")
    first = months.astype("M8[D]").astype(np.int64)
    length = (months + 1).astype("M8[D]").astype(np.int64) - first
    time = (_part(parts, "hour") * 3600 + _part(parts, "minute") * 60 + _part(parts, "second")) / 86_400
    found = np.full(len(values), np.nan)
    found[valid] = np.where(day[valid] <= length, first + day[valid] - 1 + time[valid], np.nan)
    return found


def _part(parts: pa.StructArray, name: str) -> np.ndarray:
    """One named group of every match as numbers: 0 where the group is empty, NaN where nothing matched."""
    texts = pc.struct_field(parts, name)
    return _floats(pc.cast(pc.if_else(pc.equal(texts, ""), "0", texts), pa.float64()))


def _floats(values: pa.Array) -> np.ndarray:
    found: np.ndarray = pc.cast(values, pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return found
