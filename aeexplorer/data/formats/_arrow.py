"""Parquet and Arrow (Feather) files as streams of batches in their own types."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from aeexplorer.data.members import Member
from aeexplorer.data.tabular import MAX_COLUMNS

_BATCH = 1 << 15
_TRIFLE = 64 << 20
_MOST_PER_BYTE = 200
_BROKEN = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError)


class ParquetSource:
    """The rows of a Parquet file; columns that are not primitive are left out."""

    decimal = "."
    first_row = 1

    def __init__(self, member: Member) -> None:
        self.member = member
        with self._opened() as file:
            self.names, self.notes = _plain_columns(member, file.schema_arrow)
            self.count: int | None = file.metadata.num_rows
            groups = (file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
            unpacked = sum(groups)
        if unpacked > max(_TRIFLE, _MOST_PER_BYTE * member.size):
            raise member.rejected(f"it unpacks to {unpacked:,} bytes, more than 200 times its size", "Leave out what repeats")
        if self.count * len(self.names) > max(_TRIFLE, _MOST_PER_BYTE * member.size):
            reason = f"its {member.size:,} bytes stand for {self.count:,} rows, too many for what they hold"
            raise member.rejected(reason, "Leave out columns that never change, or give fewer rows")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in the file's own types; dictionaries resolved."""
        with self._opened() as file:
            for batch in file.iter_batches(_BATCH, columns=self.names, use_threads=False):
                yield _resolved(batch, self.names)

    @contextmanager
    def _opened(self) -> Iterator[pq.ParquetFile]:
        with self.member.open() as stream:
            try:
                with pq.ParquetFile(stream, pre_buffer=False) as file:
                    yield file
            except _BROKEN as error:
                raise _unreadable(self.member, "Parquet", error) from None


class ArrowSource:
    """The rows of an Arrow IPC file (Feather version 2) or stream; columns that are not primitive are left out."""

    decimal = "."
    first_row = 1
    count: int | None = None

    def __init__(self, member: Member) -> None:
        self.member = member
        if member.kind == "feather":
            raise member.rejected("it is a Feather file of version 1", "Save it as version 2, as Parquet or as CSV")
        with self._opened() as batches:
            self.names, self.notes = _plain_columns(member, batches[0])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in the file's own types; dictionaries resolved."""
        with self._opened() as (_, batches):
            for batch in batches:
                batch.validate(full=True)
                for start in range(0, batch.num_rows, _BATCH):
                    yield _resolved(batch.slice(start, _BATCH).select(self.names), self.names)

    @contextmanager
    def _opened(self) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        with self.member.open() as stream:
            try:
                if self.member.kind == "arrow":
                    file = pa.ipc.open_file(stream)
                    yield file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
                else:
                    reader = pa.ipc.open_stream(stream)
                    yield reader.schema, iter(reader)
            except _BROKEN as error:
                raise _unreadable(self.member, "Arrow", error) from None


def _unreadable(member: Member, kind: str, error: Exception) -> Exception:
    return member.rejected(f"it is no readable {kind} file ({(str(error).splitlines() or [''])[0][:120]})", "Save it anew")


def _plain_columns(member: Member, schema: pa.Schema) -> tuple[list[str], list[str]]:
    """Names of the columns that hold plain values, and a sentence on each of the others."""
    if len(schema) > MAX_COLUMNS:
        raise member.rejected(f"it has {len(schema):,} columns, more than {MAX_COLUMNS:,}", "Keep the columns you need")
    nested = [f.name for f in schema if pa.types.is_nested(f.type) or _is_bytes(f.type)]
    names = [f.name for f in schema if f.name not in nested]
    if len(set(names)) < len(names):
        raise member.rejected("two columns have the same name", "Rename one of them")
    if not names:
        raise member.rejected("none of its columns holds plain values", "Give columns of numbers or text")
    return names, [f"the column {name!r} is nested or binary and was left out" for name in nested]


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _resolved(batch: pa.RecordBatch, names: list[str]) -> pa.RecordBatch:
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.RecordBatch.from_arrays(columns, names=names)
