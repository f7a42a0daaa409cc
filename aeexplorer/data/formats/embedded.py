"""Parquet files with pictures, sounds or videos in their cells, as the Hugging Face hub has them: a field each column."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._cells import file_columns, spooled
from aeexplorer.data.formats._columns_of_pairs import Manifest, columns_of, formats_of_files
from aeexplorer.data.formats._paired import guess_of, store
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import ParquetSource
from aeexplorer.data.readers.columns import strings
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging

_BESIDE = (".md", ".json", ".txt")
_LOOKED_AT = 400


class Embedded(Format):
    """Parquet files (one, or several with the same columns) some of whose columns are files → a field each.

    Texts beside them become a field too, and numbers a table; columns of classes give the labels.
    """

    name = "embedded"
    reads = "Parquet files with pictures, sounds or videos in them, as on the Hugging Face hub"

    def takes(self, members: Sequence[Member]) -> bool:
        tables = _tables(members)
        if not tables or any(m.kind or m.suffix not in _BESIDE for m in members if m not in tables):
            return False
        try:
            return bool(file_columns(tables[0], formats_of_files()))
        except UploadRejected:
            return False

    def claims(self, member: Member) -> bool:
        return False

    def inspect(self, members: Sequence[Member]) -> Guess:
        tables = _tables(members)
        with _rows(tables, _LOOKED_AT, lambda share, text: None) as found:
            return guess_of(found, "a table of files").model_copy(update={"n": ParquetSource(tables).count})

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        with _rows(_tables(members), None, lambda share, text: staging.progress(0.0, text)) as found:
            store(found, options, staging)


def _tables(members: Sequence[Member]) -> list[Member]:
    return [m for m in members if m.kind == "parquet"]


@contextmanager
def _rows(tables: Sequence[Member], most: int | None, progress: Callable[[float, str], None]) -> Iterator[Manifest]:
    """The rows, the first `most` or all; what their columns are is judged by all rows."""
    formats = file_columns(tables[0], formats_of_files())
    source = ParquetSource(tables, others=list(formats))
    plain: dict[str, list[pa.Array]] = {name: [] for name in source.names}
    for batch in source.batches() if plain else ():
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid as error:
            raise tables[0].rejected(f"its values are damaged ({str(error)[:80]})", "Save it anew") from None
        for name, parts in plain.items():
            parts.append(strings(batch.column(name)))
    texts = {name: pa.chunked_array(parts, pa.string()).combine_chunks() for name, parts in plain.items()}
    count = source.count or 0
    with spooled(tables, formats, count if most is None else min(count, most), progress) as (files, paths):
        rows = len(next(iter(paths.values())))
        shown = paths | {name: values.slice(0, rows) for name, values in texts.items()}
        if rows == 0 or any(len(values) != rows for values in shown.values()):
            raise tables[0].rejected("its columns differ in length", "Save it anew")
        columns = columns_of(texts)
        yield Manifest(tables[0], rows, shown, files, columns, classes=list(source.classes), notes=source.notes)
