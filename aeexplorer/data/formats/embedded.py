"""Parquet files with pictures, sounds or videos in their cells, as on the Hugging Face hub: one field per column."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._embedded_files import find_file_columns, unpack_files
from aeexplorer.data.formats._pair_fields import guess_pairs, store_pairs
from aeexplorer.data.formats._pair_table import PairTable, file_formats, scan_texts
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import ParquetSource
from aeexplorer.data.readers.cells.table import understand_texts
from aeexplorer.data.readers.columns import to_strings
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, TableOptions
from aeexplorer.data.uploads.staged import Staging

_COMPANION_SUFFIXES = (".md", ".json", ".txt")
_INSPECTED_ROWS = 400


class Embedded(Format):
    """One or several Parquet files with the same columns, some of which hold files → one field per such column.

    Columns of texts become fields too, columns of numbers become one table, and columns of classes give the labels.
    """

    name = "embedded"
    reads = "Parquet files with pictures, sounds or videos in them, as on the Hugging Face hub"

    def claims_together(self, members: Sequence[Member]) -> bool:
        tables = _parquet_files(members)
        if not tables or any(m.kind or m.suffix not in _COMPANION_SUFFIXES for m in members if m not in tables):
            return False
        try:
            return bool(find_file_columns(tables[0], file_formats()))
        except UploadRejected:
            return False

    def claims(self, member: Member) -> bool:
        return False

    def inspect(self, members: Sequence[Member]) -> Guess:
        files = _parquet_files(members)
        with _open_table(files, _INSPECTED_ROWS, lambda share, text: None) as table:
            return guess_pairs(table, "a table of files").model_copy(update={"n": ParquetSource(files).n_rows})

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        files = _parquet_files(members)
        with _open_table(files, None, lambda share, text: staging.progress(0.0, text), options.table) as table:
            store_pairs(table, options, staging)


def _parquet_files(members: Sequence[Member]) -> list[Member]:
    return [m for m in members if m.kind == "parquet"]


@contextmanager
def _open_table(
    files: Sequence[Member],
    max_rows: int | None,
    progress: Callable[[float, str], None],
    options: TableOptions = TableOptions(),
) -> Iterator[PairTable]:
    """Unpack the files of the first `max_rows` rows (None for all). The statistics of the columns cover all rows."""
    # columns without files, as texts
    formats = find_file_columns(files[0], file_formats())
    source = ParquetSource(files, file_columns=list(formats))
    parts: dict[str, list[pa.Array]] = {name: [] for name in source.names}
    text_columns: set[str] = set()
    for batch in source.batches() if parts else ():
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:
            raise files[0].rejected("the values are damaged", "Save the file again") from None
        text_columns |= {name for name in source.names if pa.types.is_string(batch.column(name).type)}
        for name, arrays in parts.items():
            arrays.append(to_strings(batch.column(name)))
    texts = {name: pa.chunked_array(arrays, pa.string()).combine_chunks() for name, arrays in parts.items()}
    understood, reading_notes = understand_texts({name: texts[name] for name in source.names if name in text_columns}, options)
    texts |= understood
    # columns with files
    count = source.n_rows or 0
    with unpack_files(files, formats, count if max_rows is None else min(count, max_rows), progress) as (columns, paths):
        n_rows = len(next(iter(paths.values())))
        values = paths | {name: array.slice(0, n_rows) for name, array in texts.items()}
        if n_rows == 0 or any(len(array) != n_rows for array in values.values()):
            raise files[0].rejected("the columns differ in length, or are empty", "Save the file again")
        others = scan_texts(texts)
        yield PairTable(
            files[0], n_rows, values, columns, others, classes=list(source.classes), notes=[*source.notes, *reading_notes]
        )
