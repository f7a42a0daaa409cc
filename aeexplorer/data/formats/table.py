"""Tables: CSV, TSV and Parquet, read twice in batches: once to learn what the columns are, once to store them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from aeexplorer.data.formats._columns import Column, indices, look_at, numbers, strings
from aeexplorer.data.formats._csv import CsvSource
from aeexplorer.data.formats._manifest import LABEL_NAMES
from aeexplorer.data.formats.base import Format
from aeexplorer.data.members import Member
from aeexplorer.data.options import ColumnGuess, Guess, IngestOptions
from aeexplorer.data.staged import Staging, beside
from aeexplorer.data.tabular import MAX_COLUMNS, column

_INSPECTED = 100_000
_BATCH = 1 << 15
_MOST_CELLS = 1 << 31
_TEXT = (".csv", ".tsv", ".tab", ".txt", ".data")
_LABELS = (*LABEL_NAMES, "species", "variety", "type", "diagnosis", "survived", "outcome", "quality")


class Tables(Format):
    """Rows of numbers and categories → float32 ``(n, columns)``."""

    name = "tables"
    reads = "a CSV, TSV or Parquet table"

    def claims(self, member: Member) -> bool:
        return member.kind == "parquet" or (member.kind == "" and member.suffix in (*_TEXT, ".parquet"))

    def inspect(self, members: Sequence[Member]) -> Guess:
        source = _source(members)
        columns, complete = look_at(source.names, source.batches(), source.decimal, _INSPECTED)
        guesses = suggested(columns)
        label = next((c for c, g in zip(columns, guesses, strict=True) if g.role == "label"), None)
        counts = sorted((label.counts or {}).items(), key=lambda pair: -pair[1])[:100] if label else []
        return Guess(
            kind="a table",
            choices=("label_column", "feature_columns"),
            n=columns[0].rows if complete else source.count,
            columns=guesses,
            labels=dict(counts),
            notes=(*source.notes, *(() if complete else (f"the columns are judged by the first {columns[0].rows:,} rows",))),
            options=IngestOptions(
                label_column=label.name if label else None,
                feature_columns=tuple(g.name for g in guesses if g.role == "feature"),
            ),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        source = _source(members)
        columns, _ = look_at(source.names, _told(source, staging, 0.0), source.decimal)
        if columns[0].rows == 0:
            raise source.member.rejected("it has columns but no rows", "Give it rows")
        plan = _plan(source, columns, options)
        if columns[0].rows * len(plan.features) > _MOST_CELLS:
            raise source.member.rejected("it has too many values to learn", "Choose fewer columns or rows")
        for sentence in (*source.notes, *_conversions(plan, source.first_row)):
            staging.note(sentence)
        _store(source, plan, columns[0].rows, staging)


class ParquetSource:
    """The rows of a Parquet file; columns that are not primitive are left out."""

    decimal = "."
    first_row = 1

    def __init__(self, member: Member) -> None:
        self.member = member
        with self._opened() as file:
            schema = file.schema_arrow
            self.count: int | None = file.metadata.num_rows
        if len(schema) > MAX_COLUMNS:
            raise member.rejected(f"it has {len(schema):,} columns, more than {MAX_COLUMNS:,}", "Keep the columns you need")
        nested = [f.name for f in schema if pa.types.is_nested(f.type) or pa.types.is_binary(f.type)]
        self.names = [f.name for f in schema if f.name not in nested]
        self.notes = [f"the column {name!r} is nested or binary and was left out" for name in nested]
        if len(set(self.names)) < len(self.names):
            raise member.rejected("two columns have the same name", "Rename one of them")
        if not self.names:
            raise member.rejected("none of its columns holds plain values", "Give columns of numbers or text")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in the file's own types; dictionaries resolved."""
        with self._opened() as file:
            for batch in file.iter_batches(_BATCH, columns=self.names, use_threads=False):
                columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
                yield pa.RecordBatch.from_arrays(columns, names=self.names)

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        with self.member.open() as stream:
            try:
                with pq.ParquetFile(stream, pre_buffer=False) as file:
                    yield file
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
                reason = f"it is no readable Parquet file ({(str(error).splitlines() or [''])[0][:120]})"
                raise self.member.rejected(reason, "Save it anew") from None


class _Plan:
    """Which columns are learned, which is the label, which lie beside."""

    def __init__(self, features: list[Column], label: Column | None, others: list[Column], dropped: list[ColumnGuess]) -> None:
        self.features, self.label, self.others, self.dropped = features, label, others, dropped
        self.values = {c.name: pa.array(c.categories, pa.string()) for c in features if c.kind == "categorical"}


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
            guesses.append(c.guess("beside", "dates and times are not learned"))
        elif c.is_key:
            guesses.append(c.guess("beside", "it looks like a key or a row number"))
        elif c.kind == "text":
            guesses.append(c.guess("beside", "it holds text with too many different values"))
        else:
            guesses.append(c.guess("feature", ""))
    return tuple(guesses)


def _source(members: Sequence[Member]) -> CsvSource | ParquetSource:
    if len(members) > 1:
        raise members[1].rejected("a second table came along", "Upload one table at a time")
    member = members[0]
    return ParquetSource(member) if member.kind == "parquet" or member.suffix == ".parquet" else CsvSource(member)


def _told(source: CsvSource | ParquetSource, staging: Staging, base: float) -> Iterator[pa.RecordBatch]:
    """The batches, each reported as progress."""
    rows = 0
    for batch in source.batches():
        yield batch
        rows += batch.num_rows
        share = rows / source.count if source.count else rows / (rows + _INSPECTED)
        staging.progress(base + 0.5 * min(share, 1.0), f"row {rows:,}" + (" looked at" if base == 0 else " stored"))


def _plan(source: CsvSource | ParquetSource, columns: list[Column], options: IngestOptions) -> _Plan:
    by_name = {c.name: c for c in columns}
    guesses = {g.name: g for g in suggested(columns)}
    for name in (*options.feature_columns, *([options.label_column] if options.label_column else [])):
        if name not in by_name:
            some = ", ".join(list(by_name)[:12]) + (", …" if len(by_name) > 12 else "")
            raise source.member.rejected(f"it has no column {name!r}", f"Choose among {some}")
    label_name = options.label_column
    if label_name is None:
        label_name = next((g.name for g in guesses.values() if g.role == "label"), "")
    if options.feature_columns:
        chosen = [name for name in dict.fromkeys(options.feature_columns) if name != label_name]
    else:
        released = {g.name for g in guesses.values() if g.role == "label"}
        chosen = [g.name for g in guesses.values() if (g.role == "feature" or g.name in released) and g.name != label_name]
    for name in chosen:
        if guesses[name].kind not in ("numeric", "categorical"):
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
    words = sum(c.kind == "categorical" for c in plan.features)
    yield f"{len(plan.features) - words:,} numeric and {words:,} categorical columns are learned"


def _store(source: CsvSource | ParquetSource, plan: _Plan, n: int, staging: Staging) -> None:
    about = [column(c.name, c.categories if c.kind == "categorical" else ()) for c in plan.features]
    done, shape = 0, (n, len(plan.features))
    with staging.array("table", "tabular", shape, "float32", {"columns": about}) as out:
        for batch in _told(source, staging, 0.5):
            block = np.empty((batch.num_rows, len(plan.features)), np.float32)
            for i, c in enumerate(plan.features):
                values = batch.column(c.name)
                is_word = c.kind == "categorical"
                block[:, i] = indices(values, plan.values[c.name]) if is_word else numbers(values, source.decimal)
            out.append(block)
            staging.rows(_beside(batch, plan, source, done))
            done += batch.num_rows


def _beside(batch: pa.RecordBatch, plan: _Plan, source: CsvSource | ParquetSource, done: int) -> pa.Table:
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
