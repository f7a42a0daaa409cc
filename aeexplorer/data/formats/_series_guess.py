"""Whether a table's rows look like series: only where that is clear, as a table can always be learned as one."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import MOST_STEPS
from aeexplorer.data.formats._series_table import SERIES_NAMES, TIME_NAMES, Source, named_like, values_of
from aeexplorer.data.readers.columns import Column, strings
from aeexplorer.data.readers.dates import days
from aeexplorer.data.uploads.options import SeriesOptions

FEWEST_STEPS = 8
_ROWS = 100_000
_EACH = 4  # rows of a series, as a rule
_TABLE = SeriesOptions(series_layout="none")
_STEP = re.compile(r"(?P<before>[a-z]*)[ _.-]?(?P<number>\d+(\.\d+)?)[ _]?(?P<unit>ms|s|sec|min|h)?", re.IGNORECASE)
_TIMES = {
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


def guessed_series(source: Source, columns: Sequence[Column], label: str) -> tuple[SeriesOptions, int | None]:
    """How the rows of a table are series, and how many that are where that is known.

    It is long where a column named like one of series and a column named like one of times say of each row, once, which
    step it is, and whatever else is no number is the same all through a series. It is wide where eight columns or more
    are named by evenly spaced times (``t0``, ``t1``, …; ``0.5 s``, ``1.0 s``, …; years; dates), and few others are there.

    Parameters
    ----------
    source, columns
        The table, and what its columns are.
    label
        The column of the labels; empty for none.
    """
    wide = _wide(columns, label)
    if wide:
        usual = values_of(source, columns, SeriesOptions(series_layout="wide"), {label})
        chosen = () if [c.name for c in usual] == wide else tuple(wide)
        return SeriesOptions(series_layout="wide", value_columns=chosen), None
    return _long(source, columns, label)


def _wide(columns: Sequence[Column], label: str) -> list[str]:
    """The columns that are the steps of series, in order; empty where rows are no series."""
    others = [c for c in columns if c.name != label]
    steps = [c for c in others if c.readable and not c.is_text and c.strange <= 0.05 * c.rows]
    named = [(c.name, *place) for c in steps if (place := _place(c.name)) is not None]
    by_kind: dict[str, list[tuple[str, float]]] = {}
    for name, kind, number in named:
        by_kind.setdefault(kind, []).append((name, number))
    found = max(by_kind.values(), key=len, default=[])
    gaps = np.diff([number for _, number in found])
    even = len(gaps) > 0 and gaps[0] > 0 and bool(np.allclose(gaps, gaps[0], rtol=0.1))
    mostly = len(found) >= 0.75 * len(others)
    return [name for name, _ in found] if even and mostly and FEWEST_STEPS <= len(found) <= MOST_STEPS else []


def _place(name: str) -> tuple[str, float] | None:
    """What a column's name counts, and the number; None where that is no time."""
    day = float(days(pa.array([name]))[0])
    if not np.isnan(day):
        return "date", day
    found = _STEP.fullmatch(name)
    if found is None:
        return None
    before, unit, number = found["before"].lower(), (found["unit"] or "").lower(), found["number"]
    alone = bool(unit) or "." in number or number in _YEARS
    return (f"{before} {unit}", float(number)) if before in _TIMES or (alone and not before) else None


def _long(source: Source, columns: Sequence[Column], label: str) -> tuple[SeriesOptions, int | None]:
    by_name = {c.name: c for c in columns}
    names = [c.name for c in columns if c.name != label and c.kind not in ("empty", "other")]
    key = named_like([name for name in names if by_name[name].missing == 0 and not _unlike(by_name[name])], SERIES_NAMES)
    fitting = [name for name in names if name != key and by_name[name].missing == 0 and by_name[name].kind in ("numeric", "date")]
    time = named_like(fitting, TIME_NAMES)
    if not key or not time or not any(c.kind == "numeric" and c.name not in (key, time, label) for c in columns):
        return _TABLE, None
    words = [c.name for c in columns if c.name not in (key, time) and (c.name == label or c.kind in ("categorical", "text"))]
    rows = _first_rows(source, [key, time, *words])
    counts = rows.group_by(key, use_threads=False).aggregate(
        [(time, "count"), (time, "count_distinct"), *((w, "count_distinct") for w in words)]
    )
    n, steps = counts.num_rows, counts[f"{time}_count"].to_numpy()
    once = bool((steps == counts[f"{time}_count_distinct"].to_numpy()).all())
    same = all(int(counts[f"{w}_count_distinct"].to_numpy().max()) <= 1 for w in words)
    if n < 2 or np.median(steps) < _EACH or steps.max() > MOST_STEPS or not once or not same:
        return _TABLE, None
    chosen = SeriesOptions(series_layout="long", series_column=key, time_column=time)
    return chosen, n if rows.num_rows == columns[0].rows < _ROWS else None


def _unlike(c: Column) -> bool:
    """Whether no two of a column's values are alike."""
    return c.counts is not None and len(c.counts) == c.rows


def _first_rows(source: Source, names: list[str]) -> pa.Table:
    """The first 100,000 rows of some columns as texts."""
    parts, count = [], 0
    for batch in source.batches():
        parts.append(pa.table({name: strings(batch.column(name)) for name in names}))
        count += batch.num_rows
        if count >= _ROWS:
            break
    return pa.concat_tables(parts)
