"""Columns of tables and channels of series: their descriptions and their statistics over the training samples."""

import datetime
import math
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MAX_COLUMNS = 5000
_CHUNK_ROWS = 1 << 16
_UNITS_PER_DAY = {"m": 1440, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
_TIME_SPECS = {"m": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds"}
"""Precision of a point in time in ISO format, by unit."""


def column(name: str, categories: Sequence[str] = (), start: str = "", zone: str = "") -> dict[str, Any]:
    """Describe a column in the meta of a field.

    Parameters
    ----------
    name
        Name of the column.
    categories
        Names of the categories; empty for a numeric column.
    start
        For dates: a day or a point in time in ISO format. The numbers of the column are days since then, and are shown as dates,
        to the unit (day, minute, second, …) to which this point is given.
    zone
        For dates: the time zone in which they are shown; `start` is then in UTC.
    """
    description = {"name": name, "kind": "categorical" if categories else "numeric", "categories": list(categories)}
    return description | ({"start": start} if start else {}) | ({"zone": zone} if zone else {})


def format_date(start: str, days: float, zone: str = "") -> str:
    """Format the date that lies `days` after `start`, to the unit to which `start` is given: minute, second, … or nearest day.

    With a zone, `start` is in UTC, and the result is local time with its distance from UTC, such as ``2024-05-31 12:00+02:00``.
    """
    if "T" not in start:
        return str(np.datetime64(start, "D") + np.timedelta64(math.floor(days + 0.5), "D"))
    origin = np.datetime64(start)
    unit = np.datetime_data(origin.dtype)[0]
    moment = origin + np.array(round(days * _UNITS_PER_DAY[unit])).astype(f"m8[{unit}]")
    if not zone:
        return str(moment).replace("T", " ")
    local = moment.astype("M8[us]").item().replace(tzinfo=datetime.UTC).astimezone(time_zone(zone))
    return local.isoformat(" ", _TIME_SPECS[unit])


def time_zone(name: str) -> datetime.tzinfo:
    """Return the time zone of a name such as ``Europe/Berlin``, ``UTC`` or ``+02:00``; UTC for an unknown name."""
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if match:
        distance = datetime.timedelta(hours=int(match[2]), minutes=int(match[3]))
        return datetime.timezone(-distance if match[1] == "-" else distance)
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return datetime.UTC


def with_statistics(array: np.ndarray, columns: Sequence[Mapping[str, Any]], train: np.ndarray) -> list[dict[str, Any]]:
    """Add ``low``, ``high``, ``mean`` and ``std`` over the training samples to the columns. Missing values are ignored.

    Parameters
    ----------
    array
        float32 ``(n, …, columns)``: numbers, or indices of categories; NaN if missing.
    columns
        Descriptions of the columns, see `column`.
    train
        Mask of the training samples, bool ``(n,)``.

    Returns
    -------
    list of dict
        Copies of the descriptions with the statistics. A column without values gets low 0, high 0, mean 0, std 1; a constant
        column gets std 1. A categorical column gets the range of its indices, mean 0 and std 1.
    """
    width = array.shape[-1]
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    count, total, squares = np.zeros(width), np.zeros(width), np.zeros(width)
    rows = np.flatnonzero(train)
    # range and mean, in chunks: the array may not fit into memory
    step = max(1, _CHUNK_ROWS * width // math.prod(array.shape[1:]))
    chunks = [rows[i : i + step] for i in range(0, len(rows), step)]
    for chunk in chunks:
        values = array[chunk].reshape(-1, width).astype(np.float64)
        valid = ~np.isnan(values)
        low = np.minimum(low, np.where(valid, values, np.inf).min(axis=0))
        high = np.maximum(high, np.where(valid, values, -np.inf).max(axis=0))
        count += valid.sum(axis=0)
        total += np.where(valid, values, 0).sum(axis=0)
    mean = total / np.maximum(count, 1)
    # standard deviation, in a second pass: sums of squares would lose precision
    for chunk in chunks:
        squares += np.nansum((array[chunk].reshape(-1, width).astype(np.float64) - mean) ** 2, axis=0)
    std = np.sqrt(squares / np.maximum(count, 1))

    described = []
    for i, description in enumerate(columns):
        if description["kind"] == "categorical":
            statistics = (0.0, float(len(description["categories"]) - 1), 0.0, 1.0)
        elif count[i] == 0:
            statistics = (0.0, 0.0, 0.0, 1.0)
        else:
            statistics = (float(low[i]), float(high[i]), float(mean[i]), float(std[i]) if std[i] > 0 else 1.0)
        described.append({**description, **dict(zip(("low", "high", "mean", "std"), statistics, strict=True))})
    return described


def column_scale(meta: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return offset and span of each column: x-space is ``(value - offset) / span``.

    By default, the range over the training samples is mapped to [0, 1]. In a field whose ``scaling`` is ``z-score``, three
    standard deviations below and above the mean are mapped to 0 and 1, so that a z-score lies at ½ + z/6, unbounded.

    Parameters
    ----------
    meta
        Meta of the field, with ``columns`` as returned by `with_statistics`.

    Returns
    -------
    tuple of numpy.ndarray
        Offset and span, float64 ``(columns,)``. The span of a constant column is 1.
    """

    def statistic(key: str) -> np.ndarray:
        return np.array([float(description.get(key, 0)) for description in meta["columns"]])

    if meta.get("scaling") == "z-score":
        low, high = statistic("mean") - 3 * statistic("std"), statistic("mean") + 3 * statistic("std")
    else:
        low, high = statistic("low"), statistic("high")
    return low, np.where(high > low, high - low, 1.0)
