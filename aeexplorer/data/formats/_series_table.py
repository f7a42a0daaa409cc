"""Rows of a table as series: each row is one (wide), or each row is a step of one (long)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import check_size, tell_lengths
from aeexplorer.data.readers.columns import Column, numbers, strings
from aeexplorer.data.readers.dates import days, is_temporal
from aeexplorer.data.tabular import column
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import SeriesOptions
from aeexplorer.data.uploads.staged import Staging, beside

SERIES_NAMES = ("series_id", "series", "id", "sample_id", "sample", "subject", "unit", "case_id", "case", "key", "group", "name")
TIME_NAMES = ("time", "t", "step", "timestamp", "datetime", "date", "frame", "index", "tick", "cycle")
_MOST_HELD = 1 << 26  # numbers of a long table that are held in memory to be brought into order
_BATCH = 1 << 21


class Source(Protocol):
    """A table as batches of rows."""

    member: Member
    names: list[str]
    decimal: str
    first_row: int

    def batches(self) -> Iterator[pa.RecordBatch]: ...


def store_series(
    source: Source,
    columns: Sequence[Column],
    options: SeriesOptions,
    label: str,
    batches: Iterable[pa.RecordBatch],
    staging: Staging,
) -> None:
    """Store the rows of a table as series.

    Parameters
    ----------
    source
        The table.
    columns
        What its columns are, by a look at all rows.
    options
        How its rows are series.
    label
        The column of the labels; empty for none.
    batches
        All its rows.
    staging
        Where they go.

    Raises
    ------
    UploadRejected
        If a column that is named is not there or unfit, or the series are too long, too short or too many.
    """
    given = {options.series_column, options.time_column, label, *options.value_columns} - {""}
    strange = next((name for name in sorted(given) if name not in source.names), None)
    if strange is not None:
        some = ", ".join(source.names[:12]) + (", …" if len(source.names) > 12 else "")
        raise source.member.rejected(f"it has no column {strange!r}", f"Choose among {some}")
    if options.series_layout == "wide":
        _wide(source, columns, values_of(source, columns, options, {label}), label, batches, staging)
    else:
        _Long(source, columns, options, label).store(batches, staging)


def values_of(source: Source, columns: Sequence[Column], options: SeriesOptions, taken: set[str]) -> list[Column]:
    """The columns of the values, in the order of the table where they are not named."""
    if options.value_columns:
        by_name = {c.name: c for c in columns}
        chosen = [by_name[name] for name in dict.fromkeys(options.value_columns)]
        words = next((c for c in chosen if not _is_numeric(c)), None)
        if words is not None:
            raise source.member.rejected("it holds no numbers", "Choose columns of numbers", f"column {words.name!r}")
        return chosen
    chosen = [c for i, c in enumerate(columns) if c.name not in taken and _is_numeric(c) and not (i == 0 and c.is_key)]
    while chosen and chosen[-1].kind == "empty":
        chosen.pop()
    return chosen


def _is_numeric(c: Column) -> bool:
    """Whether most of what is there are numbers."""
    return c.readable and not c.is_text and c.strange + c.infinite <= (c.rows - c.missing) / 2


def _tell_strange(chosen: Sequence[Column], first_row: int, staging: Staging) -> None:
    odd = [c for c in chosen if c.strange]
    if odd:
        row, text = odd[0].first_strange
        place = f"first: {text!r}, row {row + first_row}, column {odd[0].name!r}"
        staging.note(f"values that are no numbers count as missing, {sum(c.strange for c in odd):,} of them ({place})")
    infinite = sum(c.infinite for c in chosen)
    if infinite:
        staging.note(f"infinite or too large values count as missing, {infinite:,} of them")


def _matrix(batch: pa.RecordBatch, chosen: Sequence[Column], decimal: str) -> np.ndarray:
    """float32 ``(rows, columns)``."""
    found = np.empty((batch.num_rows, len(chosen)), np.float32)
    for i, c in enumerate(chosen):
        found[:, i] = numbers(batch.column(c.name), decimal)
    return found


def _told_beside(others: Sequence[Column], staging: Staging) -> None:
    if others:
        some = ", ".join(repr(c.name) for c in others[:5]) + (", …" if len(others) > 5 else "")
        staging.note(f"columns kept beside the series, not learned: {some}")


def _wide(
    source: Source,
    columns: Sequence[Column],
    steps: list[Column],
    label: str,
    batches: Iterable[pa.RecordBatch],
    staging: Staging,
) -> None:
    n = columns[0].rows
    check_size(source.member, n, len(steps), 1)
    others = [c for c in columns if c not in steps and c.name != label and c.kind != "empty"]
    _tell_strange(steps, source.first_row, staging)
    _told_beside(others, staging)
    shortest, done = len(steps), 0
    with staging.array("series", "series", (n, len(steps), 1), "float32", {"columns": [column("value")]}) as out:
        for batch in batches:
            values = _matrix(batch, steps, source.decimal)
            out.append(values[..., None])
            ends = np.where(np.isnan(values), 0, np.arange(1, len(steps) + 1)).max(1)
            shortest = min(shortest, int(ends.min(initial=shortest)))
            places = [f"row {i + source.first_row}" for i in range(done, done + batch.num_rows)]
            staging.rows(_table(places, batch, others, label, source.decimal))
            done += batch.num_rows
    tell_lengths(shortest, len(steps), staging)
    staging.note(f"each row was read as a series, its {len(steps):,} columns of numbers as steps")


def _table(places: list[str], rows: pa.RecordBatch | pa.Table, others: Sequence[Column], label: str, decimal: str) -> pa.Table:
    """What lies beside the series."""
    found = {"source": pa.array(places, pa.string())}
    if label:
        found["label"] = strings(_flat(rows.column(label)))
    taken = {"id", "source", "label"}
    for c in others:
        values = _flat(rows.column(c.name))
        is_number = c.kind == "numeric"
        found[beside(c.name, taken)] = pa.array(numbers(values, decimal), from_pandas=True) if is_number else strings(values)
    return pa.table(found)


def _flat(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


class _Long:
    """A table with a row a step."""

    def __init__(self, source: Source, columns: Sequence[Column], options: SeriesOptions, label: str) -> None:
        self.source, self.label = source, label
        self.key = options.series_column or named_like(source.names, SERIES_NAMES)
        if not self.key:
            fix = f"Choose the series column among {', '.join(source.names[:12])}"
            raise source.member.rejected("it is unclear which column says what series a row belongs to", fix)
        self.time = options.time_column or named_like([name for name in source.names if name != self.key], TIME_NAMES)
        given = {self.key, self.time, label}
        self.channels = [
            c
            for c in values_of(source, columns, options, given)
            if options.value_columns or (c.kind == "numeric" and not c.is_key)
        ]
        if not self.channels:
            raise source.member.rejected("none of its other columns holds numbers", "Choose the columns of the values")
        self.others = [c for c in columns if c not in self.channels and c.name not in given and c.kind != "empty"]
        if columns[0].rows * (len(self.channels) + 4) > _MOST_HELD:
            raise source.member.rejected(
                f"its {columns[0].rows:,} rows are too many to be brought into order",
                "Give it wide (a row a series), as .npy of (samples, steps, channels), or divide it",
            )

    def store(self, batches: Iterable[pa.RecordBatch], staging: Staging) -> None:
        """Bring the rows into order and write them, series by series as they first appear."""
        codes, times, values, firsts = self._held(batches)
        self._check_times(codes, times)
        order = np.lexsort((codes,) if times is None else (times, codes))
        counts = np.bincount(codes)
        n, steps, channels = len(counts), int(counts.max(initial=0)), len(self.channels)
        check_size(self.source.member, n, steps, channels)
        starts = np.concatenate([[0], np.cumsum(counts)])
        each = max(1, _BATCH // (steps * channels))
        meta = {"columns": [column(c.name) for c in self.channels]}
        with staging.array("series", "series", (n, steps, channels), "float32", meta) as out:
            for start in range(0, n, each):
                stop = min(n, start + each)
                rows = order[starts[start] : starts[stop]]
                block = np.full((stop - start, steps, channels), np.nan, np.float32)
                owner = codes[rows] - start
                block[owner, np.arange(len(rows)) - (starts[start:stop] - starts[start])[owner]] = values[rows]
                out.append(block)
                staging.progress(0.8 + 0.2 * stop / n, f"series {stop:,} of {n:,}")
        keys = strings(_flat(firsts.column(self.key))).to_pylist()
        staging.rows(_table([f"{self.key} {key}" for key in keys], firsts, self.others, self.label, self.source.decimal))
        self._tell(int(counts.min()), steps, staging)

    def _tell(self, shortest: int, longest: int, staging: Staging) -> None:
        _tell_strange(self.channels, self.source.first_row, staging)
        _told_beside(self.others, staging)
        by = f"in the order of {self.time!r}" if self.time else "in the order of the rows"
        names = ", ".join(repr(c.name) for c in self.channels[:5]) + (", …" if len(self.channels) > 5 else "")
        staging.note(f"rows with the same {self.key!r} were read as one series, {by}; channels: {names}")
        tell_lengths(shortest, longest, staging)

    def _held(self, batches: Iterable[pa.RecordBatch]) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, pa.Table]:
        """Of every row its series int32, time, values; and the first row of each series."""
        known: dict[str, int] = {}
        codes, times, values, firsts = [], [], [], []
        done = 0
        for batch in batches:
            texts = strings(batch.column(self.key))
            if texts.null_count:
                row = done + int(np.flatnonzero(~texts.is_valid().to_numpy(zero_copy_only=False))[0]) + self.source.first_row
                raise self.source.member.rejected(f"the column {self.key!r} is empty", "Say which series it is of", f"row {row}")
            encoded = texts.dictionary_encode()
            before = len(known)
            place = np.array([known.setdefault(key, len(known)) for key in encoded.dictionary.to_pylist()], np.int32)
            codes.append(place[encoded.indices.to_numpy(zero_copy_only=False)])
            met, first = np.unique(codes[-1], return_index=True)
            firsts.append(batch.take(pa.array(first[met >= before], pa.int64())))
            values.append(_matrix(batch, self.channels, self.source.decimal))
            if self.time:
                times.append(self._times(batch.column(self.time), done))
            done += batch.num_rows
        table = pa.Table.from_batches(firsts)
        return np.concatenate(codes), np.concatenate(times) if self.time else None, np.concatenate(values), table

    def _times(self, column: pa.Array, done: int) -> np.ndarray:
        """float64 ``(rows,)``: numbers, or days."""
        if is_temporal(column.type):
            found = days(column)
        else:
            found = numbers(column, self.source.decimal)
            found = days(strings(column)) if np.isnan(found).all() else found
        if np.isnan(found).any():
            row = done + int(np.isnan(found).argmax()) + self.source.first_row
            fix = "Write numbers or ISO dates (2026-01-31 12:00), one in every row, or choose another time column"
            raise self.source.member.rejected(f"the column {self.time!r} holds no time there", fix, f"row {row}")
        return found

    def _check_times(self, codes: np.ndarray, times: np.ndarray | None) -> None:
        if times is None:
            return
        order = np.lexsort((times, codes))
        twice = (np.diff(codes[order]) == 0) & (np.diff(times[order]) == 0)
        if twice.any():
            row = int(order[1:][twice].min()) + self.source.first_row
            reason = f"its series has another row of the same {self.time!r}"
            raise self.source.member.rejected(
                reason, "Keep one row a time, or choose other series and time columns", f"row {row}"
            )


def named_like(names: Sequence[str], wanted: Sequence[str]) -> str:
    """The name that comes first among those wanted; empty where there is none."""
    lower = {name.lower().replace(" ", "_"): name for name in reversed(names)}
    return next((lower[name] for name in wanted if name in lower), "")
