"""Readers of Parquet and Arrow (Feather) files, which yield batches of rows in the file's own types."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member

MAX_EXPANSION = 200
"""Unpacked bytes, or cells, per byte of the file at most. Only larger files than `_SMALL` are checked."""
_SMALL = 64 << 20
_BATCH_ROWS = 1 << 15
_NO_CLASSES: Mapping[str, pa.Array] = MappingProxyType({})
_READ_ERRORS = (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError)


class ParquetSource:
    """Rows of one or several Parquet files with the same columns, one file after another.

    Nested and binary columns are left out. Where the metadata of the Hugging Face hub declare that the numbers of a column
    stand for classes, the numbers are replaced by the names of the classes.

    Parameters
    ----------
    members
        The files.
    file_columns
        Columns whose cells are files. Other code reads them, so they are left out here without a note.

    Raises
    ------
    UploadRejected
        If a file is damaged, the files differ in their columns, no column is usable, or the data expand too much.
    """

    first_row = 1

    def __init__(self, members: Sequence[Member], file_columns: Collection[str] = ()) -> None:
        self.member, self.members = members[0], members
        counts, unpacked = [], 0
        for member in members:
            with open_parquet(member) as file:
                if member is self.member:
                    schema = file.schema_arrow
                elif not file.schema_arrow.equals(schema):
                    reason = f"the columns differ from those of {self.member.name}"
                    raise member.rejected(reason, "Upload one table at a time")
                counts.append(file.metadata.num_rows)
                unpacked += sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        self.names, self.notes = _usable_columns(self.member, schema, file_columns)
        self.classes = {name: classes for name, classes in class_names(schema).items() if name in self.names}
        self.n_rows: int | None = sum(counts)
        size = sum(member.size for member in members)
        if unpacked > max(_SMALL, MAX_EXPANSION * size):
            reason = f"the file unpacks to {unpacked:,} bytes, more than {MAX_EXPANSION} times its size"
            raise self.member.rejected(reason, "Remove the repeated content")
        if self.n_rows * len(self.names) > max(_SMALL, MAX_EXPANSION * size):
            reason = f"the file has {self.n_rows:,} rows in only {size:,} bytes"
            raise self.member.rejected(reason, "Remove constant columns, or upload fewer rows")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in the file's own types, with dictionaries decoded and classes given by name."""
        for member in self.members:
            with open_parquet(member) as file:
                for batch in file.iter_batches(_BATCH_ROWS, columns=self.names, use_threads=False):
                    yield _decode_batch(batch, self.names, self.classes)


@contextmanager
def open_parquet(member: Member, buffer_bytes: int = 0) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file; reading errors inside the context are raised as `UploadRejected`.

    With `buffer_bytes`, columns are read piece by piece instead of whole.
    """
    with member.open() as stream:
        try:
            with pq.ParquetFile(stream, pre_buffer=False, buffer_size=buffer_bytes) as file:
                yield file
        except _READ_ERRORS:
            raise _unreadable(member, "Parquet") from None


def class_names(schema: pa.Schema) -> dict[str, pa.Array]:
    """Read from the Hugging Face hub's metadata which integer columns hold classes, and return the class names per column."""
    try:
        features = orjson.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        classes = {name: feature["names"] for name, feature in features.items() if feature.get("_type") == "ClassLabel"}
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
    """Rows of an Arrow IPC file (Feather version 2) or stream. Nested and binary columns are left out.

    Raises
    ------
    UploadRejected
        If the file is damaged or has version 1 of Feather, or no column is usable.
    """

    first_row = 1
    n_rows: int | None = None

    def __init__(self, member: Member) -> None:
        self.member = member
        if member.kind == "feather":
            raise member.rejected("the file is a Feather file of version 1", "Save it as Feather version 2, Parquet or CSV")
        with self._open() as (schema, _):
            self.names, self.notes = _usable_columns(member, schema)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows in the file's own types, with dictionaries decoded."""
        with self._open() as (_, batches):
            for batch in batches:
                batch.validate(full=True)
                for start in range(0, batch.num_rows, _BATCH_ROWS):
                    yield _decode_batch(batch.slice(start, _BATCH_ROWS).select(self.names), self.names)

    @contextmanager
    def _open(self) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        with self.member.open() as stream:
            try:
                if self.member.kind == "arrow":
                    file = pa.ipc.open_file(stream)
                    yield file.schema, (file.get_batch(i) for i in range(file.num_record_batches))
                else:
                    reader = pa.ipc.open_stream(stream)
                    yield reader.schema, iter(reader)
            except _READ_ERRORS:
                raise _unreadable(self.member, "Arrow") from None


def _unreadable(member: Member, kind: str) -> Exception:
    return member.rejected(f"the file is not a readable {kind} file, or it is damaged", "Save it again")


def _usable_columns(member: Member, schema: pa.Schema, file_columns: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Return the names of the columns that hold plain values, and one note per column that is left out."""
    if len(schema) > MAX_COLUMNS:
        reason = f"the table has {len(schema):,} columns, more than {MAX_COLUMNS:,}"
        raise member.rejected(reason, "Keep only the columns you need")
    unusable = [f.name for f in schema if pa.types.is_nested(f.type) or _is_binary(f.type)]
    names = [f.name for f in schema if f.name not in unusable]
    if len(set(names)) < len(names):
        raise member.rejected("two columns have the same name", "Rename one of them")
    if not names and not file_columns:
        raise member.rejected("no column holds plain values", "Upload a table with columns of numbers or text")
    return names, [f"the column {name!r} is nested or binary and was left out" for name in unusable if name not in file_columns]


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _decode_batch(batch: pa.RecordBatch, names: list[str], classes: Mapping[str, pa.Array] = _NO_CLASSES) -> pa.RecordBatch:
    plain = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    columns = [_decode_classes(c, classes[name]) if name in classes else c for c, name in zip(plain, names, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _decode_classes(indices: pa.Array, names: pa.Array) -> pa.Array:
    """Replace class indices by class names; indices out of range become null (the hub writes -1 for unknown)."""
    is_valid = pc.and_(pc.greater_equal(indices, 0), pc.less(indices, len(names)))
    return names.take(pc.if_else(is_valid, indices, pa.scalar(None, indices.type)))
