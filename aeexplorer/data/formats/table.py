"""Tables: CSV, JSONL, Parquet, Arrow and Excel, read twice in batches: once to learn what the columns are, once to store them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._manifest import LABEL_NAMES
from aeexplorer.data.formats._series_guess import guessed_series
from aeexplorer.data.formats._series_table import store_series
from aeexplorer.data.formats._text_table import text_column, texts_of
from aeexplorer.data.formats._texts import store_texts
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import ArrowSource, ParquetSource
from aeexplorer.data.readers.columns import MOST_DISTINCT, Column, described, encoded, look_at, numbers, strings
from aeexplorer.data.readers.csv import CsvSource
from aeexplorer.data.readers.excel import ExcelSource
from aeexplorer.data.readers.jsonl import SUFFIXES as _JSONL
from aeexplorer.data.readers.jsonl import JsonlSource
from aeexplorer.data.readers.prose import is_prose
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import ColumnGuess, Guess, IngestOptions, SeriesOptions, TableOptions, TextOptions
from aeexplorer.data.uploads.staged import Staging, beside

_INSPECTED = 100_000
_BATCH = 1 << 15
_MOST_CELLS = 1 << 31
_TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")
_ARROW, _ARROW_SUFFIXES = ("arrow", "arrows", "feather"), (".arrow", ".arrows", ".feather", ".ipc")
_KINDS = ("parquet", "xlsx", "ods", "ole", *_ARROW)
_SUFFIXES = (*_TEXT, *_JSONL, ".parquet", ".xlsx", ".xls", *_ARROW_SUFFIXES)
_KINDS_OF_SERIES = {"none": "a table", "wide": "a table of series, a row each", "long": "a table of series, a row a step"}
_TEXT_CHOICES = ("label_column", "text.text_column", "text.tokens", "text.text_length", "text.vocabulary")
_LABELS = (*LABEL_NAMES, "species", "variety", "type", "diagnosis", "survived", "outcome", "quality")


class Tables(Format):
    """Rows of numbers and categories → float32 ``(n, columns)``."""

    name = "tables"
    reads = "a CSV, TSV, JSONL, Parquet, Arrow or Excel table"

    def claims(self, member: Member) -> bool:
        return member.kind in _KINDS or (member.kind == "" and member.suffix in _SUFFIXES and not is_prose(member))

    def inspect(self, members: Sequence[Member]) -> Guess:
        return self.inspect_as(members, IngestOptions())

    def inspect_as(self, members: Sequence[Member], options: IngestOptions) -> Guess:
        source = _source(members, options.table.sheet)
        sheets = source.sheets if isinstance(source, ExcelSource) else ()
        columns, complete = look_at(source.names, source.batches(), source.decimal, _INSPECTED)
        guesses = suggested(columns)
        texts = text_column(columns, guesses)
        label = next((c for c, g in zip(columns, guesses, strict=True) if g.role == "label"), None)
        series, n = (
            (SeriesOptions(series_layout="none"), None) if texts else guessed_series(source, columns, label.name if label else "")
        )
        counts = sorted((label.counts or {}).items(), key=lambda pair: -pair[1])[:100] if label else []
        return Guess(
            kind="a table of texts" if texts else _KINDS_OF_SERIES[series.series_layout],
            choices=_TEXT_CHOICES
            if texts
            else (
                *("label_column", "feature_columns", "table.categorical_columns", "table.numeric_columns"),
                *("series.series_layout", "series.series_column", "series.time_column", "series.value_columns"),
                *(("text.text_column",) if any(c.is_prose for c in columns) else ()),
            ),
            sheets=sheets,
            n=n if series.series_layout == "long" else columns[0].rows if complete else source.count,
            columns=guesses,
            labels=dict(counts),
            notes=(*source.notes, *(() if complete else (f"the columns are judged by the first {columns[0].rows:,} rows",))),
            options=IngestOptions(
                label_column=label.name if label else None,
                feature_columns=() if texts else tuple(g.name for g in guesses if g.role == "feature"),
                series=series,
                table=TableOptions(sheet=source.sheet if isinstance(source, ExcelSource) else ""),
                text=TextOptions(text_column=texts),
            ),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        source = _source(members, options.table.sheet)
        columns, _ = look_at(source.names, _told(source, staging, 0.0), source.decimal)
        _force(source, columns, options)
        if columns[0].rows == 0:
            raise source.member.rejected("it has columns but no rows", "Give it rows")
        series = _series(source, columns, options)
        if series.series_layout != "none":
            for sentence in source.notes:
                staging.note(sentence)
            store_series(source, columns, series, _label(columns, options), _told(source, staging, 0.5), staging)
            return
        texts = options.text.text_column or ("" if options.feature_columns else text_column(columns, suggested(columns)))
        if texts:
            _store_texts(source, columns, texts, options, staging)
            return
        plan = _plan(source, columns, options)
        if columns[0].rows * len(plan.features) > _MOST_CELLS:
            raise source.member.rejected("it has too many values to learn", "Choose fewer columns or rows")
        for sentence in (*source.notes, *_conversions(plan, source.first_row)):
            staging.note(sentence)
        _store(source, plan, columns[0].rows, staging)


Source = CsvSource | JsonlSource | ParquetSource | ArrowSource | ExcelSource


class _Plan:
    """Which columns are learned, which is the label, which lie beside."""

    def __init__(self, features: list[Column], label: Column | None, others: list[Column], dropped: list[ColumnGuess]) -> None:
        self.features, self.label, self.others, self.dropped = features, label, others, dropped


def suggested(columns: Sequence[Column]) -> tuple[ColumnGuess, ...]:
    """What to do with each column: learn it, use it as label, keep it beside, drop it."""
    named = [c for c in columns if c.name.lower() in _LABELS and c.counts is not None and c.kind in ("numeric", "categorical")]
    fitting = [c for c in named if len(c.counts or ()) <= max(2, min(100, c.rows // 3))]
    words = [c for c in columns if c.kind == "categorical"]
    label = fitting[0] if fitting else None
    if label is None and len(words) == 1 and words[0] is columns[-1]:
        label = words[0]
    guesses = []
    for c in columns:
        if c.kind in ("empty", "constant"):
            guesses.append(c.guess("dropped", "it has no values" if c.kind == "empty" else "all its values are the same"))
        elif c is label:
            guesses.append(c.guess("label", "it looks like the labels"))
        elif c.kind == "other":
            guesses.append(c.guess("beside", "values of its type are not learned"))
        elif c.is_key and not c.forced:
            guesses.append(c.guess("beside", "it looks like a key or a row number"))
        elif c.kind == "text":
            guesses.append(c.guess("beside", "it holds text with too many different values"))
        else:
            guesses.append(c.guess("feature", ""))
    return tuple(guesses)


def _source(members: Sequence[Member], sheet: str) -> Source:
    member = members[0]
    if all(m.kind == "parquet" or m.suffix == ".parquet" for m in members):
        return ParquetSource(members)
    if len(members) > 1:
        raise members[1].rejected("a second table came along", "Upload one table at a time")
    if member.kind == "ole":
        raise member.rejected("it is an old or password-protected Office file", "Save it as .xlsx without a password, or as CSV")
    if member.kind == "ods":
        raise member.rejected("it is an OpenDocument sheet", "Save it as .xlsx or as CSV")
    if member.kind == "xlsx" or member.suffix in (".xlsx", ".xls"):
        return ExcelSource(member, sheet)
    if member.kind == "" and member.suffix in _JSONL:
        return JsonlSource(member)
    return ArrowSource(member) if member.kind in _ARROW or member.suffix in _ARROW_SUFFIXES else CsvSource(member)


def _label(columns: Sequence[Column], options: IngestOptions) -> str:
    """The column of the labels: the one that was chosen, else the one that looks like it; empty for none."""
    if options.label_column is not None:
        return options.label_column
    return next((g.name for g in suggested(columns) if g.role == "label"), "")


def _series(source: Source, columns: Sequence[Column], options: IngestOptions) -> SeriesOptions:
    """How rows are series: as was chosen, else as they look, unless columns of a table or texts were chosen."""
    if options.series.series_layout != "auto":
        return options.series
    told = options.feature_columns or options.table.numeric_columns or options.table.categorical_columns
    if told or options.text.text_column or text_column(columns, suggested(columns)):
        return SeriesOptions(series_layout="none")
    return guessed_series(source, columns, _label(columns, options))[0]


def _force(source: Source, columns: Sequence[Column], options: IngestOptions) -> None:
    """Note which columns a person says are numbers or categories."""
    by_name = {c.name: c for c in columns}
    for kind, names in (("numeric", options.table.numeric_columns), ("categorical", options.table.categorical_columns)):
        for name in names:
            c = by_name.get(name)
            if c is None:
                raise _no_column(source, name, by_name)
            if c.forced:
                raise source.member.rejected("it is to be both numbers and categories", "Choose one", f"column {name!r}")
            c.forced = kind
            if kind == "numeric" and c.kind not in ("numeric", "date"):
                raise source.member.rejected("it has no two different numbers", "Leave it as it is", f"column {name!r}")
            if kind == "categorical" and c.kind != "categorical":
                reason = f"it has no two to {MOST_DISTINCT:,} different values"
                raise source.member.rejected(reason, "Leave it as it is", f"column {name!r}")


def _no_column(source: Source, name: str, columns: Iterable[str]) -> Exception:
    names = list(columns)
    some = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return source.member.rejected(f"it has no column {name!r}", f"Choose among {some}")


def _told(source: Source, staging: Staging, base: float) -> Iterator[pa.RecordBatch]:
    """The batches, each reported as progress."""
    rows = 0
    for batch in source.batches():
        yield batch
        rows += batch.num_rows
        share = rows / source.count if source.count else rows / (rows + _INSPECTED)
        staging.progress(base + 0.5 * min(share, 1.0), f"row {rows:,}" + (" looked at" if base == 0 else " stored"))


def _plan(source: Source, columns: list[Column], options: IngestOptions) -> _Plan:
    by_name = {c.name: c for c in columns}
    guesses = {g.name: g for g in suggested(columns)}
    for name in (*options.feature_columns, *([options.label_column] if options.label_column else [])):
        if name not in by_name:
            raise _no_column(source, name, by_name)
    label_name = _label(columns, options)
    if options.feature_columns:
        chosen = [name for name in dict.fromkeys(options.feature_columns) if name != label_name]
    else:
        released = {g.name for g in guesses.values() if g.role == "label"}
        chosen = [g.name for g in guesses.values() if (g.role == "feature" or g.name in released) and g.name != label_name]
    for name in chosen:
        if guesses[name].kind not in ("numeric", "categorical", "date"):
            why = guesses[name].why or f"it is {guesses[name].kind}"
            raise source.member.rejected(f"it cannot be learned: {why}", "Leave it out", f"column {name!r}")
    if len(chosen) < 2:
        reason = f"{len(chosen)} of its {len(columns)} columns can be learned, and an autoencoder needs two"
        raise source.member.rejected(reason, "Check the separator (comma, semicolon or tab), or choose the feature columns")
    dropped = [g for g in guesses.values() if g.role == "dropped" and g.name != label_name]
    left = {*chosen, label_name, *(g.name for g in dropped)}
    others = [c for c in columns if c.name not in left]
    return _Plan([by_name[name] for name in chosen], by_name.get(label_name), others, dropped)


def _conversions(plan: _Plan, first_row: int) -> Iterator[str]:
    for guess in plan.dropped:
        yield f"the column {guess.name!r} was dropped: {guess.why}"
    for c in plan.others:
        why = next(g.why for g in suggested([c]))
        yield f"the column {c.name!r} is kept beside, not learned" + (f": {why}" if why else "")
    for c in plan.features:
        if c.kind == "numeric" and c.strange:
            row, text = c.first_strange
            place = f"first: {text!r}, row {row + first_row}"
            yield f"column {c.name!r}: values that are no numbers count as missing, {c.strange:,} of them ({place})"
        if c.kind == "numeric" and c.infinite:
            yield f"column {c.name!r}: infinite or too large values count as missing, {c.infinite:,} of them"
    gaps = sum(c.missing for c in plan.features)
    if gaps:
        holed = sum(c.missing > 0 for c in plan.features)
        yield f"{gaps:,} values in {holed:,} columns are missing; they are kept as missing"
    counts = Counter(c.kind for c in plan.features)
    dates = f", and dates of {counts['date']:,}" if counts["date"] else ""
    yield f"{counts['numeric']:,} numeric and {counts['categorical']:,} categorical columns{dates} are learned"


def _store(source: Source, plan: _Plan, n: int, staging: Staging) -> None:
    about = [described(c) for c in plan.features]
    done, shape = 0, (n, len(plan.features))
    with staging.array("table", "tabular", shape, "float32", {"columns": about}) as out:
        for batch in _told(source, staging, 0.5):
            block = np.empty((batch.num_rows, len(plan.features)), np.float32)
            for i, c in enumerate(plan.features):
                block[:, i] = encoded(c, batch.column(c.name), source.decimal)
            out.append(block)
            staging.rows(_beside(batch, plan, source, done))
            done += batch.num_rows


def _store_texts(source: Source, columns: list[Column], name: str, options: IngestOptions, staging: Staging) -> None:
    """Learn the texts of one column; the others are kept beside them."""
    by_name = {c.name: c for c in columns}
    label = _label(columns, options)
    for known in filter(None, (name, label)):
        if known not in by_name:
            raise _no_column(source, known, by_name)
    others = [c for c in columns if c.name not in (name, label) and c.kind != "empty"]
    plan = _Plan([], by_name.get(label if label != name else ""), others, [])
    texts = texts_of(source.batches, name, lambda batch, done: _beside(batch, plan, source, done))
    for sentence in source.notes:
        staging.note(sentence)
    staging.note(f"the texts of the column {name!r} are learned; the other columns are kept beside them")
    store_texts(texts, source.member, options.text, staging)


def _beside(batch: pa.RecordBatch, plan: _Plan, source: Source, done: int) -> pa.Table:
    first = done + source.first_row
    columns = {"source": pa.array([f"row {i}" for i in range(first, first + batch.num_rows)], pa.string())}
    if plan.label is not None:
        columns["label"] = strings(batch.column(plan.label.name))
    taken = {"id", "source", "label"}
    for c in plan.others:
        values = batch.column(c.name)
        if c.kind == "numeric":
            values = pa.array(numbers(values, source.decimal), from_pandas=True)
        else:
            values = strings(values)
        columns[beside(c.name, taken)] = values
    return pa.table(columns)
