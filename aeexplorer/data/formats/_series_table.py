"""Conversion of the rows of a table to series: each row is a series (wide), or a step of a series (long)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import check_size, note_lengths, note_narrowing
from aeexplorer.data.formats._series_steps import Placement, place_by_time, place_in_order
from aeexplorer.data.readers.columns import Column, to_numbers, to_strings
from aeexplorer.data.readers.dates import is_temporal, to_days, to_times
from aeexplorer.data.readers.encoding import describe_numbers, encode_numbers, keep_exact
from aeexplorer.data.readers.narrowing import combine
from aeexplorer.data.tabular import column
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import SeriesOptions
from aeexplorer.data.uploads.staged import Staging, unique_column_name

SERIES_NAMES = ("series_id", "series", "id", "sample_id", "sample", "subject", "unit", "case_id", "case", "key", "group", "name")
TIME_NAMES = ("time", "t", "step", "timestamp", "datetime", "date", "frame", "index", "tick", "cycle")
_MAX_LONG_NUMBERS = 1 << 26  # numbers of a long table, which are sorted in memory
_BATCH_NUMBERS = 1 << 21


class Source(Protocol):
    """Table that is read in batches of rows."""

    member: Member
    names: list[str]
    decimal: str
    first_row: int
    """Number of the first row of data in the file, as shown to users."""

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
        Statistics of its columns, over all rows.
    options
        How its rows are series.
    label
        Column of the labels; empty for none.
    batches
        All rows of the table.
    staging
        Receives field, rows and notes.

    Raises
    ------
    UploadRejected
        If a chosen column is absent or unsuitable, or the series are too long, too short or too many.
    """
    chosen = {options.series_column, options.time_column, label, *options.value_columns} - {""}
    absent = next((name for name in sorted(chosen) if name not in source.names), None)
    if absent is not None:
        names = ", ".join(source.names[:12]) + (", …" if len(source.names) > 12 else "")
        raise source.member.rejected(f"the table has no column {absent!r}", f"Choose one of {names}")
    if options.series_layout == "wide":
        _store_wide(source, columns, value_columns(source, columns, options, {label}), label, batches, staging)
    else:
        _LongTable(source, columns, options, label).store(batches, staging)


def value_columns(source: Source, columns: Sequence[Column], options: SeriesOptions, excluded: set[str]) -> list[Column]:
    """Return the columns of the values: the chosen ones, else all numeric columns but the excluded, in table order."""
    if options.value_columns:
        by_name = {c.name: c for c in columns}
        chosen = [by_name[name] for name in dict.fromkeys(options.value_columns)]
        unsuitable = next((c for c in chosen if not _is_numeric(c)), None)
        if unsuitable is not None:
            raise source.member.rejected(
                "the column holds no numbers", "Choose columns of numbers", f"column {unsuitable.name!r}"
            )
        return chosen
    candidates = [c for i, c in enumerate(columns) if c.name not in excluded and not (i == 0 and c.is_key)]
    numeric = [c for c in candidates if _is_numeric(c) and not c.code_reason]
    while numeric and numeric[-1].kind == "empty":
        numeric.pop()
    return numeric


def first_match(names: Sequence[str], candidates: Sequence[str]) -> str:
    """Return the name that matches the earliest candidate, in any case; empty if none does."""
    by_lower = {name.lower().replace(" ", "_"): name for name in reversed(names)}
    return next((by_lower[candidate] for candidate in candidates if candidate in by_lower), "")


def _is_numeric(c: Column) -> bool:
    """Return whether at least half of the known values are numbers."""
    return c.is_supported and not c.is_boolean and c.n_non_numeric + c.n_infinite <= (c.n_rows - c.n_missing) / 2


def _note_non_numeric(columns: Sequence[Column], first_row: int, staging: Staging) -> None:
    affected = [c for c in columns if c.n_non_numeric]
    if affected:
        row, text = affected[0].first_non_numeric
        place = f"first: {text!r}, row {row + first_row}, column {affected[0].name!r}"
        count = sum(c.n_non_numeric for c in affected)
        staging.note(f"{count:,} values that are not numbers count as missing ({place})")
    infinite = sum(c.n_infinite for c in columns)
    if infinite:
        staging.note(f"{infinite:,} infinite or too large values count as missing")


def _note_metadata(others: Sequence[Column], staging: Staging) -> None:
    if others:
        names = ", ".join(repr(c.name) for c in others[:5]) + (", …" if len(others) > 5 else "")
        staging.note(f"columns stored beside the series, not learned: {names}")


def _to_matrix(
    batch: pa.RecordBatch, columns: Sequence[Column], decimal: str, description: Mapping[str, Any] | None = None
) -> np.ndarray:
    """Return the numbers of some columns as they are stored, float32 ``(rows, columns)``.

    The description holds what is taken off all of them; by default, each has its own.
    """
    matrix = np.empty((batch.num_rows, len(columns)), np.float32)
    for i, c in enumerate(columns):
        matrix[:, i] = encode_numbers(c, batch.column(c.name), decimal, description)
    return matrix


def _store_wide(
    source: Source,
    columns: Sequence[Column],
    steps: list[Column],
    label: str,
    batches: Iterable[pa.RecordBatch],
    staging: Staging,
) -> None:
    n = columns[0].n_rows
    check_size(source.member, n, len(steps), 1)
    others = [c for c in columns if c not in steps and c.name != label and c.kind != "empty"]
    _note_non_numeric(steps, source.first_row, staging)
    _note_metadata(others, staging)
    shortest, done = len(steps), 0
    description = combine([c.narrowing for c in steps]).describe()
    note_narrowing([("value", description)], staging)
    meta = {"columns": [column("value") | description]}
    with staging.array("series", "series", (n, len(steps), 1), "float32", meta) as out:
        for batch in batches:
            values = _to_matrix(batch, steps, source.decimal, description)  # (rows, steps)
            out.append(values[..., None])  # (rows, steps, 1)
            lengths = np.where(np.isnan(values), 0, np.arange(1, len(steps) + 1)).max(1)
            shortest = min(shortest, int(lengths.min(initial=shortest)))
            places = [f"row {i + source.first_row}" for i in range(done, done + batch.num_rows)]
            staging.rows(_sample_table(places, batch, others, label, source.decimal))
            done += batch.num_rows
    note_lengths(shortest, len(steps), staging)
    staging.note(f"each row was read as one series, with its {len(steps):,} numeric columns as steps")


def _sample_table(
    places: list[str], rows: pa.RecordBatch | pa.Table, others: Sequence[Column], label: str, decimal: str
) -> pa.Table:
    """Return the table of the samples: place in the file, label, and the columns that are not learned."""
    columns = {"source": pa.array(places, pa.string())}
    if label:
        columns["label"] = to_strings(_combine_chunks(rows.column(label)))
    taken = {"id", "source", "label"}
    for c in others:
        values = _combine_chunks(rows.column(c.name))
        columns[unique_column_name(c.name, taken)] = keep_exact(c, values, decimal)
    return pa.table(columns)


def _combine_chunks(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


class _LongTable:
    """Table with one step of a series per row."""

    def __init__(self, source: Source, columns: Sequence[Column], options: SeriesOptions, label: str) -> None:
        self.source, self.label = source, label
        self.key = options.series_column or first_match(source.names, SERIES_NAMES)
        if not self.key:
            fix = f"Choose the series column among {', '.join(source.names[:12])}"
            raise source.member.rejected("it is unclear which column says what series a row belongs to", fix)
        self.time = options.time_column or first_match([name for name in source.names if name != self.key], TIME_NAMES)
        excluded = {self.key, self.time, label}
        self.channels = [
            c
            for c in value_columns(source, columns, options, excluded)
            if options.value_columns or (c.kind == "numeric" and not c.is_key)
        ]
        if not self.channels:
            raise source.member.rejected("none of the other columns holds numbers", "Choose the columns of the values")
        self.others = [c for c in columns if c not in self.channels and c.name not in excluded and c.kind != "empty"]
        if columns[0].n_rows * (len(self.channels) + 4) > _MAX_LONG_NUMBERS:
            raise source.member.rejected(
                f"the table has {columns[0].n_rows:,} rows, too many to sort into series",
                "Upload one series per row, a .npy array of (samples, steps, channels), or several smaller files",
            )

    def store(self, batches: Iterable[pa.RecordBatch], staging: Staging) -> None:
        """Sort the rows and write them, series by series in the order of their first rows."""
        codes, times, values, first_rows = self._read(batches)
        self._check_times(codes, times)
        # sort by series, then by time
        order = np.lexsort((codes,) if times is None else (times, codes))
        placed = place_in_order(codes[order]) if times is None else place_by_time(codes[order], times[order])
        counts = np.bincount(codes)
        n, steps, channels = len(counts), placed.steps, len(self.channels)
        check_size(self.source.member, n, steps, channels)
        # write blocks of series
        starts = np.concatenate([[0], np.cumsum(counts)])
        block_size = max(1, _BATCH_NUMBERS // (steps * channels))
        meta = {"columns": [column(c.name) | describe_numbers(c) for c in self.channels]}
        with staging.array("series", "series", (n, steps, channels), "float32", meta) as out:
            for start in range(0, n, block_size):
                stop = min(n, start + block_size)
                rows = order[starts[start] : starts[stop]]
                block = np.full((stop - start, steps, channels), np.nan, np.float32)
                block[codes[rows] - start, placed.positions[starts[start] : starts[stop]]] = values[rows]
                out.append(block)
                staging.progress(0.8 + 0.2 * stop / n, f"series {stop:,} of {n:,}")
        keys = to_strings(_combine_chunks(first_rows.column(self.key))).to_pylist()
        places = [f"{self.key} {key}" for key in keys]
        staging.rows(_sample_table(places, first_rows, self.others, self.label, self.source.decimal))
        self._add_notes(placed, staging)

    def _add_notes(self, placed: Placement, staging: Staging) -> None:
        _note_non_numeric(self.channels, self.source.first_row, staging)
        note_narrowing([(c.name, describe_numbers(c)) for c in self.channels], staging)
        _note_metadata(self.others, staging)
        order = f"{placed.explanation} {self.time!r}" if self.time else placed.explanation
        names = ", ".join(repr(c.name) for c in self.channels[:5]) + (", …" if len(self.channels) > 5 else "")
        staging.note(f"rows with the same {self.key!r} were read as one series, {order}; channels: {names}")
        if placed.n_gaps:
            staging.note(f"{placed.n_gaps:,} steps that a series lacks, although its times go on, count as missing")
        note_lengths(placed.shortest, placed.steps, staging)

    def _read(self, batches: Iterable[pa.RecordBatch]) -> tuple[np.ndarray, np.ndarray | None, np.ndarray, pa.Table]:
        """Read all rows: series index (int32), time and values of each row, and the first row of each series."""
        series_index: dict[str, int] = {}
        codes, times, values, first_rows = [], [], [], []
        done = 0
        for batch in batches:
            keys = to_strings(batch.column(self.key))
            if keys.null_count:
                row = done + int(np.flatnonzero(~keys.is_valid().to_numpy(zero_copy_only=False))[0]) + self.source.first_row
                fix = "Write in every row which series it belongs to"
                raise self.source.member.rejected(f"the column {self.key!r} is empty in this row", fix, f"row {row}")
            # series of each row
            encoded = keys.dictionary_encode()
            n_before = len(series_index)
            indices = [series_index.setdefault(key, len(series_index)) for key in encoded.dictionary.to_pylist()]
            codes.append(np.array(indices, np.int32)[encoded.indices.to_numpy(zero_copy_only=False)])
            # first row of each new series
            batch_series, first = np.unique(codes[-1], return_index=True)
            first_rows.append(batch.take(pa.array(first[batch_series >= n_before], pa.int64())))
            # values and times
            values.append(_to_matrix(batch, self.channels, self.source.decimal))
            if self.time:
                times.append(self._parse_times(batch.column(self.time), done))
            done += batch.num_rows
        table = pa.Table.from_batches(first_rows)
        return np.concatenate(codes), np.concatenate(times) if self.time else None, np.concatenate(values), table

    def _parse_times(self, column: pa.Array, done: int) -> np.ndarray:
        """Return times as float64 ``(rows,)``: numbers, or days since 1970-01-01."""
        if is_temporal(column.type):
            times = to_days(column)
        else:
            times = to_numbers(column, self.source.decimal)
            times = to_times(to_strings(column)) if np.isnan(times).all() else times
        if np.isnan(times).any():
            row = done + int(np.isnan(times).argmax()) + self.source.first_row
            fix = "Write numbers, ISO dates (2026-01-31 12:00) or times of day in all rows, or choose another time column"
            raise self.source.member.rejected(f"the column {self.time!r} holds no time in this row", fix, f"row {row}")
        return times

    def _check_times(self, codes: np.ndarray, times: np.ndarray | None) -> None:
        """Refuse series with two rows of the same time."""
        if times is None:
            return
        order = np.lexsort((times, codes))
        is_repeated = (np.diff(codes[order]) == 0) & (np.diff(times[order]) == 0)
        if is_repeated.any():
            row = int(order[1:][is_repeated].min()) + self.source.first_row
            reason = f"the series has another row with the same {self.time!r}"
            fix = "Keep one row per time, or choose other series and time columns"
            raise self.source.member.rejected(reason, fix, f"row {row}")
