"""Recognition of series in the rows of a table. Any table can be learned as such, so only clear cases count as series."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import MAX_STEPS
from aeexplorer.data.formats._series_table import SERIES_NAMES, TIME_NAMES, Source, first_match, value_columns
from aeexplorer.data.readers.columns import Column, to_strings
from aeexplorer.data.readers.dates import is_time_of_day, to_days
from aeexplorer.data.uploads.options import SeriesOptions

MIN_WIDE_STEPS = 8
_MAX_ROWS = 100_000  # rows of a long table that are inspected
_MIN_MEDIAN_STEPS = 4  # of the series of a long table
_NO_SERIES = SeriesOptions(series_layout="none")
_STEP_NAME = re.compile(r"(?P<before>[a-z]*)[ _.-]?(?P<number>\d+(\.\d+)?)[ _]?(?P<unit>ms|s|sec|min|h)?", re.IGNORECASE)
_TIME_WORDS = {
    *TIME_NAMES,
    "ts",
    "timestep",
    "timepoint",
    "tp",
    "lag",
    "second",
    "minute",
    "hour",
    "h",
    "day",
    "week",
    "month",
    "year",
}
_YEARS = {str(year) for year in range(1800, 2200)}


def guess_series(source: Source, columns: Sequence[Column], label: str) -> tuple[SeriesOptions, int | None]:
    """Guess how the rows of a table are series.

    A table is long if one column is named like an identifier of series and another like a time, each series has each time
    once, and the labels and words are constant within each series. A table is wide if at least eight columns are
    named after evenly spaced times (``t0``, ``t1``, …; ``0.5 s``, ``1.0 s``, …; years; dates) and few other columns exist.

    Parameters
    ----------
    source, columns
        The table, and the statistics of its columns.
    label
        Column of the labels; empty for none.

    Returns
    -------
    options
        How the rows are series, if they are.
    n
        Number of series of a long table, or None where it is not known.
    """
    steps = _find_steps(columns, label)
    if steps:
        default = value_columns(source, columns, SeriesOptions(series_layout="wide"), {label})
        chosen = () if [c.name for c in default] == steps else tuple(steps)
        return SeriesOptions(series_layout="wide", value_columns=chosen), None
    return _guess_long(source, columns, label)


def _find_steps(columns: Sequence[Column], label: str) -> list[str]:
    """Return the columns that are the steps of wide series, in order; empty if the table is not wide."""
    others = [c for c in columns if c.name != label]
    numeric = [c for c in others if c.is_supported and not c.is_boolean and c.n_non_numeric <= 0.05 * c.n_rows]
    # group the columns by the unit of their times, and take the largest group
    groups: dict[str, list[tuple[str, float]]] = {}
    for c in numeric:
        parsed = _parse_step_name(c.name)
        if parsed is not None:
            groups.setdefault(parsed[0], []).append((c.name, parsed[1]))
    steps = max(groups.values(), key=len, default=[])
    # the times must be evenly spaced, and most columns must be steps
    gaps = np.diff([number for _, number in steps])
    is_even = len(gaps) > 0 and gaps[0] > 0 and bool(np.allclose(gaps, gaps[0], rtol=0.1))
    has_mostly_steps = len(steps) >= 0.75 * len(others)
    if is_even and has_mostly_steps and MIN_WIDE_STEPS <= len(steps) <= MAX_STEPS:
        return [name for name, _ in steps]
    return []


def _parse_step_name(name: str) -> tuple[str, float] | None:
    """Return unit and number of a time that names a column; None if the name is not a time."""
    day = float(to_days(pa.array([name]))[0])
    if not np.isnan(day):
        return "date", day
    match = _STEP_NAME.fullmatch(name)
    if match is None:
        return None
    word, unit, number = match["before"].lower(), (match["unit"] or "").lower(), match["number"]
    is_time_alone = bool(unit) or "." in number or number in _YEARS
    return (f"{word} {unit}", float(number)) if word in _TIME_WORDS or (is_time_alone and not word) else None


def _guess_long(source: Source, columns: Sequence[Column], label: str) -> tuple[SeriesOptions, int | None]:
    # columns of the series and of the time, by name
    by_name = {c.name: c for c in columns}
    names = [c.name for c in columns if c.name != label and c.kind not in ("empty", "other")]
    key = first_match([name for name in names if by_name[name].n_missing == 0 and not _is_distinct(by_name[name])], SERIES_NAMES)
    is_time = {name: by_name[name].n_missing == 0 and _holds_times(by_name[name]) for name in names}
    time = first_match([name for name in names if name != key and is_time[name]], TIME_NAMES)
    if not key or not time or not any(c.kind == "numeric" and c.name not in (key, time, label) for c in columns):
        return _NO_SERIES, None
    # counts by series
    words = [c.name for c in columns if c.name not in (key, time) and (c.name == label or c.kind in ("categorical", "text"))]
    rows = _read_first_rows(source, [key, time, *words])
    counts = rows.group_by(key, use_threads=False).aggregate(
        [(time, "count"), (time, "count_distinct"), *((word, "count_distinct") for word in words)]
    )
    n, steps = counts.num_rows, counts[f"{time}_count"].to_numpy()
    has_unique_times = bool((steps == counts[f"{time}_count_distinct"].to_numpy()).all())
    has_constant_words = all(int(counts[f"{word}_count_distinct"].to_numpy().max()) <= 1 for word in words)
    is_long_enough = n >= 2 and np.median(steps) >= _MIN_MEDIAN_STEPS
    if not is_long_enough or steps.max() > MAX_STEPS or not has_unique_times or not has_constant_words:
        return _NO_SERIES, None
    options = SeriesOptions(series_layout="long", series_column=key, time_column=time)
    return options, n if rows.num_rows == columns[0].n_rows < _MAX_ROWS else None


def _holds_times(c: Column) -> bool:
    """Return whether a column holds numbers, dates, or times of day."""
    return c.kind in ("numeric", "date") or all(map(is_time_of_day, c.value_counts or ("",)))


def _is_distinct(c: Column) -> bool:
    """Return whether all values of a column differ."""
    return c.value_counts is not None and len(c.value_counts) == c.n_rows


def _read_first_rows(source: Source, names: list[str]) -> pa.Table:
    """Read about the first 100,000 rows of some columns as texts."""
    parts, count = [], 0
    for batch in source.batches():
        parts.append(pa.table({name: to_strings(batch.column(name)) for name in names}))
        count += batch.num_rows
        if count >= _MAX_ROWS:
            break
    return pa.concat_tables(parts)
