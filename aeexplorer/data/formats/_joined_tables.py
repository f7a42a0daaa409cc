"""Tables in two or three files, one for each part of a split, read as one table with a column that gives the split."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from aeexplorer.data.uploads.given_split import FILE_COLUMN
from aeexplorer.data.uploads.members import Member


class PartSource(Protocol):
    """A table that is read in batches of rows."""

    member: Member
    names: list[str]
    notes: list[str]
    n_rows: int | None

    @property
    def first_row(self) -> int: ...

    def batches(self) -> Iterator[pa.RecordBatch]: ...


class JoinedSource:
    """Rows of several tables, one table after another. A later table may lack columns, such as labels, but not have others.

    Parameters
    ----------
    parts
        The tables.
    words
        Name of the split of each table.

    Raises
    ------
    UploadRejected
        If a later table has columns that the first one lacks.
    """

    def __init__(self, parts: Sequence[PartSource], words: Sequence[str]) -> None:
        first = parts[0]
        for part in parts[1:]:
            other = next((name for name in part.names if name not in first.names), None)
            if other is not None:
                reason = f"it has the column {other!r}, which {first.member.name} does not have"
                raise part.member.rejected(reason, "Give both files the same columns, or upload one table at a time")
        self.parts, self.words = parts, words
        self.member, self.first_row = first.member, first.first_row
        self.names = [*first.names, FILE_COLUMN]
        counts = [part.n_rows for part in parts]
        self.n_rows = None if None in counts else sum(count for count in counts if count is not None)
        self.notes = list(dict.fromkeys(note for part in parts for note in part.notes))
        self.notes.append(f"the files {' and '.join(part.member.name for part in parts)} were read as one table")

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, with the split in the last column."""
        types: dict[str, pa.DataType] = {}
        for part, word in zip(self.parts, self.words, strict=True):
            for batch in part.batches():
                types = types or dict(zip(batch.schema.names, batch.schema.types, strict=True))
                columns = [_column(batch, name, types[name]) for name in self.names[:-1]]
                split = pa.array([word] * batch.num_rows, pa.string())
                yield pa.RecordBatch.from_arrays([*columns, split], names=self.names)


def _column(batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.Array:
    return batch.column(name).cast(kind) if name in batch.schema.names else pa.nulls(batch.num_rows, kind)
