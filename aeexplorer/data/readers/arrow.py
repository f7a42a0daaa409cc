"""Parquet and Arrow (Feather) files as streams of batches in their own types."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

_BATCH = 1 << 15
_TRIFLE = 64 << 20
MOST_PER_BYTE = 200
_NO_CLASSES: Mapping[str, pa.Array] = MappingProxyType({})
_BROKEN = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError)


class ParquetSource:
    """The rows of a Parquet file, or of several with the same columns, one after another.

    Columns that are not primitive are left out. Where the file says in the manner of the Hugging Face hub that the numbers of
    a column stand for classes, their names are given.

    Parameters
    ----------
    members
        The files.
    others
        Columns that are read elsewhere.
    """

    decimal = "."
    first_row = 1

    def __init__(self, members: Sequence[Member], others: Collection[str] = ()) -> None:
        self.member, self.members = members[0], members
        counts, unpacked = [], 0
        for member in members:
            with opened_parquet(member) as file:
                if member is self.member:
                    schema = file.schema_arrow
                elif not file.schema_arrow.equals(schema):
                    raise member.rejected(f"its columns differ from those of {self.member.name}", "Upload one table at a time")
                counts.append(file.metadata.num_rows)
                unpacked += sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        self.names, self.notes = _plain_columns(self.member, schema, others)
        self.classes = {name: classes for name, classes in class_names(schema).items() if name in self.names}
        self.count: int | None = sum(counts)
        size = sum(member.size for member in members)
        if unpacked > max(_TRIFLE, MOST_PER_BYTE * size):
            reason = f"it unpacks to {unpacked:,} bytes, more than {MOST_PER_BYTE} times its size"
            raise self.member.rejected(reason, "Leave out what repeats")
        if self.count * len(self.names) > max(_TRIFLE, MOST_PER_BYTE * size):
            reason = f"its {size:,} bytes stand for {self.count:,} rows, too many for what they hold"
            raise self.member.rejected(reason, "Leave out columns that never change, or give fewer rows")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows in the file's own types; dictionaries resolved, classes by name."""
        for member in self.members:
            with opened_parquet(member) as file:
                for batch in file.iter_batches(_BATCH, columns=self.names, use_threads=False):
                    yield _resolved(batch, self.names, self.classes)


@contextmanager
def opened_parquet(member: Member, buffer: int = 0) -> Iterator[pq.ParquetFile]:
    """A Parquet file; damage found in it is refused. With a `buffer` (bytes), columns are not held whole while they are read."""
    with member.open() as stream:
        try:
            with pq.ParquetFile(stream, pre_buffer=False, buffer_size=buffer) as file:
                yield file
        except _BROKEN as error:
            raise _unreadable(member, "Parquet", error) from None


def class_names(schema: pa.Schema) -> dict[str, pa.Array]:
    """Columns whose whole numbers stand for classes, as the Hugging Face hub's metadata say, and the names of those."""
    try:
        features = orjson.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        classes = {name: about["names"] for name, about in features.items() if about.get("_type") == "ClassLabel"}
    except (KeyError, TypeError, AttributeError, ValueError):
        return {}
    return {
        name: pa.array(names, pa.string())
        for name, names in classes.items()
        if schema.get_field_index(name) >= 0
        and pa.types.is_integer(schema.field(name).type)
        and isinstance(names, list)
        and names
        and all(isinstance(text, str) for text in names)
    }


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


def _plain_columns(member: Member, schema: pa.Schema, others: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Names of the columns that hold plain values, and a sentence on each of the others."""
    if len(schema) > MAX_COLUMNS:
        raise member.rejected(f"it has {len(schema):,} columns, more than {MAX_COLUMNS:,}", "Keep the columns you need")
    nested = [f.name for f in schema if pa.types.is_nested(f.type) or _is_bytes(f.type)]
    names = [f.name for f in schema if f.name not in nested]
    if len(set(names)) < len(names):
        raise member.rejected("two columns have the same name", "Rename one of them")
    if not names and not others:
        raise member.rejected("none of its columns holds plain values", "Give columns of numbers or text")
    return names, [f"the column {name!r} is nested or binary and was left out" for name in nested if name not in others]


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _resolved(batch: pa.RecordBatch, names: list[str], classes: Mapping[str, pa.Array] = _NO_CLASSES) -> pa.RecordBatch:
    columns = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    named = [_named(c, classes[name]) if name in classes else c for c, name in zip(columns, names, strict=True)]
    return pa.RecordBatch.from_arrays(named, names=names)


def _named(numbers: pa.Array, names: pa.Array) -> pa.Array:
    """The class that each number stands for; null where it stands for none (the hub writes -1)."""
    known = pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, len(names)))
    return names.take(pc.if_else(known, numbers, pa.scalar(None, numbers.type)))
