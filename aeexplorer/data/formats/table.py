"""Tables (CSV, JSONL, Parquet, Arrow, Excel), read twice in batches: first to recognise the columns, then to store them."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._joined_tables import JoinedSource
from aeexplorer.data.formats._series_guess import guess_series
from aeexplorer.data.formats._series_table import store_series
from aeexplorer.data.formats._table_plan import (
    Plan,
    find_label,
    force_kinds,
    make_plan,
    no_column,
    plan_notes,
    suggest_roles,
)
from aeexplorer.data.formats._text_column import column_texts, guess_text_column
from aeexplorer.data.formats._text_field import store_texts
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import ArrowSource, ParquetSource
from aeexplorer.data.readers.cells.table import UnderstoodTable
from aeexplorer.data.readers.columns import Column, scan_columns, to_strings
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.readers.encoding import describe, encode, keep_exact
from aeexplorer.data.readers.excel import ExcelSource
from aeexplorer.data.readers.jsonl import SUFFIXES as _JSONL_SUFFIXES
from aeexplorer.data.readers.jsonl import JsonlSource
from aeexplorer.data.readers.text_file import is_prose
from aeexplorer.data.split import SPLITS
from aeexplorer.data.uploads.given_split import gives_split, split_by_folders, splits_of_names
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, SeriesOptions, TextOptions
from aeexplorer.data.uploads.staged import Staging, unique_column_name

_SHARD = re.compile(r"-\d+(-of-\d+)?$")
_INSPECTED_ROWS = 100_000
_MAX_VALUES = 1 << 31
_TURNS = 3
_TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data")
_ARROW_KINDS, _ARROW_SUFFIXES = ("arrow", "arrows", "feather"), (".arrow", ".arrows", ".feather", ".ipc")
_KINDS = ("parquet", "xlsx", "ods", "ole", *_ARROW_KINDS)
_SUFFIXES = (*_TEXT_SUFFIXES, *_JSONL_SUFFIXES, ".parquet", ".xlsx", ".xls", *_ARROW_SUFFIXES)
_KIND_OF_LAYOUT = {
    "none": "a table",
    "wide": "a table of series, one series per row",
    "long": "a table of series, one step per row",
}
_TEXT_CHOICES = ("label_column", "text.text_column", "text.tokens", "text.text_length", "text.vocabulary")
_TABLE_CHOICES = (
    *("label_column", "feature_columns", "table.categorical_columns", "table.numeric_columns"),
    *("series.series_layout", "series.series_column", "series.time_column", "series.value_columns"),
)

TableSource = JoinedSource | CsvSource | JsonlSource | ParquetSource | ArrowSource | ExcelSource


class Tables(Format):
    """Rows of numbers and categories → float32 ``(n, columns)``."""

    name = "tables"
    reads = "a CSV, TSV, JSON, JSONL, Parquet, Arrow or Excel table"

    def claims(self, member: Member) -> bool:
        return member.kind in _KINDS or (member.kind == "" and member.suffix in _SUFFIXES and not is_prose(member))

    def inspect(self, members: Sequence[Member]) -> Guess:
        return self.inspect_as(members, IngestOptions())

    def inspect_as(self, members: Sequence[Member], options: IngestOptions) -> Guess:
        file = _open_source(members, options.table.sheet)
        source = UnderstoodTable(file, options.table, max_rows=_INSPECTED_ROWS)
        columns, is_complete = scan_columns(source.names, source.batches(), source.decimal, _INSPECTED_ROWS)
        guesses = suggest_roles(columns)
        label = next((c for c, g in zip(columns, guesses, strict=True) if g.role == "label"), None)
        # texts, series, or neither
        text_column = guess_text_column(columns, guesses)
        series, n_series = SeriesOptions(series_layout="none"), None
        if not text_column:
            series, n_series = guess_series(source, columns, label.name if label else "")
        if text_column:
            choices: tuple[str, ...] = _TEXT_CHOICES
        else:
            choices = (*_TABLE_CHOICES, *(("text.text_column",) if any(c.is_prose for c in columns) else ()))
        labels = sorted((label.value_counts or {}).items(), key=lambda item: -item[1])[:100] if label else []
        n_rows = columns[0].n_rows
        notes = [] if is_complete else [f"only the first {n_rows:,} rows were inspected to recognise the columns"]
        given = next((c.name for c in columns if gives_split(c.name, c.value_counts)), "")
        if given:
            choices = (*choices, "keep_split")
            notes.append(f"the column {given!r} gives the split, which is kept; keep_split=false draws another one")
        return Guess(
            kind="a table of texts" if text_column else _KIND_OF_LAYOUT[series.series_layout],
            choices=choices,
            reading_choices=source.choices,
            sheets=file.sheets if isinstance(file, ExcelSource) else (),
            n=n_series if series.series_layout == "long" else n_rows if is_complete else source.n_rows,
            columns=guesses,
            labels=dict(labels),
            notes=(*source.notes, *notes),
            options=IngestOptions(
                label_column=label.name if label else None,
                feature_columns=() if text_column else tuple(g.name for g in guesses if g.role == "feature"),
                series=series,
                table=options.table.model_copy(update={"sheet": file.sheet if isinstance(file, ExcelSource) else ""}),
                text=TextOptions(text_column=text_column),
            ),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        file = _open_source(members, options.table.sheet)
        source = UnderstoodTable(file, options.table, _with_progress(file, staging, 0))
        columns, _ = scan_columns(source.names, _with_progress(source, staging, 1), source.decimal)
        force_kinds(source, columns, options)
        if columns[0].n_rows == 0:
            raise source.member.rejected("the table has columns but no rows", "Add rows to the table")
        if label := find_label(columns, options):
            staging.note(f"the column {label!r} holds the labels")
        # series
        series = _choose_series(source, columns, options)
        if series.series_layout != "none":
            for sentence in source.notes:
                staging.note(sentence)
            store_series(source, columns, series, find_label(columns, options), _with_progress(source, staging, 2), staging)
            return
        # texts
        text_column = options.text.text_column
        if not text_column and not options.feature_columns:
            text_column = guess_text_column(columns, suggest_roles(columns))
        if text_column:
            _store_texts(source, columns, text_column, options, staging)
            return
        # numbers and categories
        plan = make_plan(source, columns, options)
        if columns[0].n_rows * len(plan.features) > _MAX_VALUES:
            raise source.member.rejected("the table has too many values to learn", "Choose fewer columns or rows")
        for sentence in (*source.notes, *plan_notes(plan, source.first_row)):
            staging.note(sentence)
        _store(source, plan, columns[0].n_rows, staging)


def _split_of_tables(members: Sequence[Member]) -> np.ndarray | None:
    """Return the split of each file for files such as ``X_TRAIN.tsv`` and ``X_TEST.tsv``, int8 ``(files,)``; else None."""
    stems = [PurePosixPath(member.name.replace("\\", "/")).stem for member in members]
    split = splits_of_names([_SHARD.sub("", stem) for stem in stems])
    return split if split is not None else split_by_folders(members)[0]


def _open_source(members: Sequence[Member], sheet: str) -> TableSource:
    member = members[0]
    split = _split_of_tables(members)
    if split is not None:
        groups = {code: [m for m, own in zip(members, split, strict=True) if own == code] for code in sorted(set(split.tolist()))}
        return JoinedSource([_open_source(group, sheet) for group in groups.values()], [SPLITS[code] for code in groups])
    if all(m.kind == "parquet" or m.suffix == ".parquet" for m in members):
        return ParquetSource(members)
    if len(members) > 1:
        raise members[1].rejected("the upload has a second table", "Upload one table at a time")
    if member.kind == "ole":
        reason = "the file is an old or password-protected Office file"
        raise member.rejected(reason, "Save it as .xlsx without a password, or as CSV")
    if member.kind == "ods":
        raise member.rejected("the file is an OpenDocument spreadsheet", "Save it as .xlsx or as CSV")
    if member.kind == "xlsx" or member.suffix in (".xlsx", ".xls"):
        return ExcelSource(member, sheet)
    if member.kind == "" and member.suffix in _JSONL_SUFFIXES:
        return JsonlSource(member)
    return ArrowSource(member) if member.kind in _ARROW_KINDS or member.suffix in _ARROW_SUFFIXES else CsvSource(member)


def _choose_series(source: UnderstoodTable, columns: Sequence[Column], options: IngestOptions) -> SeriesOptions:
    """Return how rows are series: as chosen, else as guessed unless columns of a table or of texts are chosen."""
    if options.series.series_layout != "auto":
        return options.series
    has_chosen_columns = options.feature_columns or options.table.numeric_columns or options.table.categorical_columns
    if has_chosen_columns or options.text.text_column or guess_text_column(columns, suggest_roles(columns)):
        return SeriesOptions(series_layout="none")
    return guess_series(source, columns, find_label(columns, options))[0]


def _with_progress(source: TableSource | UnderstoodTable, staging: Staging, turn: int) -> Iterator[pa.RecordBatch]:
    """Yield the batches of a table, and report progress; the table is read in three turns, and stored in the last, turn 2."""
    rows = 0
    for batch in source.batches():
        yield batch
        rows += batch.num_rows
        share = rows / source.n_rows if source.n_rows else rows / (rows + _INSPECTED_ROWS)
        staging.progress((turn + min(share, 1.0)) / _TURNS, f"row {rows:,}" + (" stored" if turn == 2 else " inspected"))


def _store(source: UnderstoodTable, plan: Plan, n: int, staging: Staging) -> None:
    """Store the learned columns in the field ``table``."""
    meta = {"columns": [describe(c) for c in plan.features]}
    done, shape = 0, (n, len(plan.features))
    with staging.array("table", "tabular", shape, "float32", meta) as out:
        for batch in _with_progress(source, staging, 2):
            block = np.empty((batch.num_rows, len(plan.features)), np.float32)
            for i, c in enumerate(plan.features):
                block[:, i] = encode(c, batch.column(c.name), source.decimal)
            out.append(block)
            staging.rows(_sample_table(batch, plan, source, done))
            done += batch.num_rows


def _store_texts(source: UnderstoodTable, columns: list[Column], name: str, options: IngestOptions, staging: Staging) -> None:
    """Store the texts of one column in the field ``text``; the other columns are stored beside them."""
    by_name = {c.name: c for c in columns}
    label = find_label(columns, options)
    for chosen in filter(None, (name, label)):
        if chosen not in by_name:
            raise no_column(source, chosen, by_name)
    others = [c for c in columns if c.name not in (name, label) and c.kind != "empty"]
    plan = Plan([], by_name.get(label if label != name else ""), others, [])
    texts = column_texts(source.batches, name, lambda batch, done: _sample_table(batch, plan, source, done))
    for sentence in source.notes:
        staging.note(sentence)
    staging.note(f"the texts of the column {name!r} are learned; the other columns are stored beside them")
    store_texts(texts, source.member, options, staging)


def _sample_table(batch: pa.RecordBatch, plan: Plan, source: UnderstoodTable, done: int) -> pa.Table:
    """Return the table of the samples in a batch, after `done` rows: place, label, and the columns that are not learned."""
    first = done + source.first_row
    columns = {"source": pa.array([f"row {i}" for i in range(first, first + batch.num_rows)], pa.string())}
    if plan.label is not None:
        columns["label"] = to_strings(batch.column(plan.label.name))
    taken = {"id", "source", "label"}
    for c in plan.others:
        columns[unique_column_name(c.name, taken)] = keep_exact(c, batch.column(c.name), source.decimal)
    for c in plan.inexact:
        columns[unique_column_name(f"{c.name} (exact)", taken)] = keep_exact(c, batch.column(c.name), source.decimal)
    return pa.table(columns)
