"""Files in the cells of Parquet columns, as ``struct{bytes, path}`` (like the Hugging Face hub) or as plain bytes."""

import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aeexplorer.data.formats._pair_table import FileColumn
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import MAX_EXPANSION, open_parquet
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.zips import MAX_BYTES, MAX_MEMBERS

_BUFFER_BYTES = 1 << 20
_BATCH_BYTES = 8 << 20
_SMALL = 64 << 20  # bytes to which files may always unpack
_INSPECTED_ROWS = 400


def find_file_columns(member: Member, formats: Sequence[Format]) -> dict[str, Format]:
    """Return the columns of a Parquet file whose cells are files, by their content, and the formats that read the files."""
    columns: dict[str, Format] = {}
    with open_parquet(member, _BUFFER_BYTES) as file:
        names = [f.name for f in file.schema_arrow if _holds_bytes(f.type)]
        if not names or len(set(file.schema_arrow.names)) < len(file.schema_arrow):
            return {}
        for batch in file.iter_batches(min(_batch_rows(file), _INSPECTED_ROWS), columns=names, use_threads=False):
            for name in names:
                content = next((content for content, _ in _contents(batch.column(name)) if content), b"")
                cell = Member(member.file, "", len(content), partial(io.BytesIO, content))
                format = next((f for f in formats if cell.kind and f.claims(cell)), None)
                if format is not None:
                    columns[name] = format
            break
    return columns


@contextmanager
def unpack_files(
    members: Sequence[Member], formats: dict[str, Format], max_rows: int, progress: Callable[[float, str], None]
) -> Iterator[tuple[dict[str, FileColumn], dict[str, pa.Array]]]:
    """Copy the files in the cells of some columns into one temporary file, so that each can be opened as a member.

    Parameters
    ----------
    members
        Parquet files with the same columns.
    formats
        Format of the files, by column.
    max_rows
        Number of rows to read.
    progress
        Called with the completed share and a message.

    Yields
    ------
    columns : dict of str to FileColumn
        Files, by column.
    paths : dict of str to Array
        Original name of each file, by column; null where a file has no name.

    Raises
    ------
    UploadRejected
        If the cells unpack to too many bytes or files, or a cell does not belong to the format of its column.
    """
    files: dict[str, list[Member | None]] = {name: [] for name in formats}
    paths: dict[str, list[str | None]] = {name: [] for name in formats}
    absent: dict[str, list[tuple[int, str]]] = {name: [] for name in formats}
    limit, rows = min(MAX_BYTES, max(_SMALL, MAX_EXPANSION * sum(member.size for member in members))), 0
    with tempfile.TemporaryFile(dir=Path()) as out:
        for member, row, batch in _batches(members, list(formats), max_rows):
            progress(rows / max_rows, f"row {rows:,} unpacked")
            for name, format in formats.items():
                for i, (content, path) in enumerate(_contents(batch.column(name)), row + 1):
                    paths[name].append(path)
                    if content:
                        cell = _write_cell(out, member, i, content)
                        if not format.claims(cell):
                            reason = f"the cell holds a file that is not one of the {format.name}, unlike the rest of its column"
                            raise cell.rejected(reason, "Correct this row, or remove it", f"column {name!r}")
                        files[name].append(cell)
                        continue
                    files[name].append(None)
                    if path:
                        absent[name].append((i, path))
            rows += batch.num_rows
            if out.tell() > limit:
                raise member.rejected(f"the files in the cells unpack to more than {limit:,} bytes", "Upload fewer rows")
            if rows > MAX_MEMBERS:
                raise member.rejected(f"the table has more than {MAX_MEMBERS:,} rows of files", "Divide it into several uploads")
        columns = {name: FileColumn(format, files[name], absent[name]) for name, format in formats.items()}
        yield columns, {name: pa.array(values, pa.string()) for name, values in paths.items()}


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        index = kind.get_field_index("bytes")
        return index >= 0 and _holds_bytes(kind.field(index).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _contents(cells: pa.Array) -> Iterator[tuple[bytes | None, str | None]]:
    """Yield content and name of the file in each cell."""
    if not pa.types.is_struct(cells.type):
        yield from ((content, None) for content in cells.to_pylist())
        return
    contents = pc.struct_field(cells, "bytes").to_pylist()
    index = cells.type.get_field_index("path")
    has_paths = index >= 0 and pa.types.is_string(cells.type.field(index).type)
    paths = pc.cast(pc.struct_field(cells, "path"), pa.binary()).to_pylist() if has_paths else [None] * len(contents)
    for content, path in zip(contents, paths, strict=True):
        yield content, path.decode(errors="replace") if path else None


def _batches(members: Sequence[Member], names: list[str], max_rows: int) -> Iterator[tuple[Member, int, pa.RecordBatch]]:
    """Yield batches of the first `max_rows` rows, each with its file and the number of rows before it in that file."""
    total = 0
    for member in members:
        row = 0
        with open_parquet(member, _BUFFER_BYTES) as file:
            for batch in file.iter_batches(_batch_rows(file), columns=names, use_threads=False):
                if total >= max_rows:
                    return
                part = batch.slice(0, max_rows - total)
                yield member, row, part
                row, total = row + part.num_rows, total + part.num_rows


def _batch_rows(file: pq.ParquetFile) -> int:
    """Return the number of rows that unpack to about `_BATCH_BYTES`."""
    size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    return max(1, min(4096, _BATCH_BYTES * file.metadata.num_rows // max(size, 1)))


def _write_cell(out: IO[bytes], member: Member, row: int, content: bytes) -> Member:
    """Write the file of a row at the end of `out`, and return it as a member."""
    start, size = out.tell(), len(content)
    out.write(content)
    out.flush()
    name = f"{member.path}, row {row}" if member.path else f"row {row}"
    return Member(member.file, name, size, lambda: io.BytesIO(os.pread(out.fileno(), size, start)))
