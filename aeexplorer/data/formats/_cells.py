"""Files that lie in the cells of Parquet columns, as the Hugging Face hub keeps them: ``struct{bytes, path}``, or plain bytes."""

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

from aeexplorer.data.formats._columns_of_pairs import FileColumn
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.arrow import MOST_PER_BYTE, opened_parquet
from aeexplorer.data.uploads.members import MAX_BYTES, MAX_MEMBERS, Member

_BUFFER = 1 << 20
_BATCH_BYTES = 8 << 20
_TRIFLE = 64 << 20
_LOOKED_AT = 400


def file_columns(member: Member, formats: Sequence[Format]) -> dict[str, Format]:
    """The columns of a Parquet file whose cells are files, by their content, and the format that reads them."""
    found = {}
    with opened_parquet(member, _BUFFER) as file:
        names = [f.name for f in file.schema_arrow if _holds_bytes(f.type)]
        if not names or len(set(file.schema_arrow.names)) < len(file.schema_arrow):
            return {}
        for batch in file.iter_batches(min(_rows(file), _LOOKED_AT), columns=names, use_threads=False):
            for name in names:
                content = next((content for content, _ in _contents(batch.column(name)) if content), b"")
                cell = Member(member.file, "", len(content), partial(io.BytesIO, content))
                format = next((f for f in formats if cell.kind and f.claims(cell)), None)
                if format is not None:
                    found[name] = format
            break
    return found


@contextmanager
def spooled(
    members: Sequence[Member], formats: dict[str, Format], most: int, progress: Callable[[float, str], None]
) -> Iterator[tuple[dict[str, FileColumn], dict[str, pa.Array]]]:
    """The files of the columns, each of which can be opened: they are copied once into a nameless file.

    Parameters
    ----------
    members
        Parquet files of the same columns.
    formats
        Column → what reads its files.
    most
        Rows to take.
    progress
        Takes the share done and a sentence.

    Yields
    ------
    files
        By column.
    paths
        By column: what each file was called, null where it had no name.

    Raises
    ------
    UploadRejected
        If the cells unpack to too much, or one is another kind of file.
    """
    files: dict[str, list[Member | None]] = {name: [] for name in formats}
    paths: dict[str, list[str | None]] = {name: [] for name in formats}
    lost: dict[str, list[tuple[int, str]]] = {name: [] for name in formats}
    limit, rows = min(MAX_BYTES, max(_TRIFLE, MOST_PER_BYTE * sum(member.size for member in members))), 0
    with tempfile.TemporaryFile(dir=Path()) as out:
        for member, row, batch in _batches(members, list(formats), most):
            progress(rows / most, f"row {rows:,} unpacked")
            for name, format in formats.items():
                for i, (content, path) in enumerate(_contents(batch.column(name)), row + 1):
                    paths[name].append(path)
                    if content:
                        cell = _cell(out, member, i, content)
                        if not format.claims(cell):
                            reason = f"it is not of {format.name}, as others of its column are"
                            raise cell.rejected(reason, "Mend this row, or leave it out", f"column {name!r}")
                        files[name].append(cell)
                        continue
                    files[name].append(None)
                    if path:
                        lost[name].append((i, path))
            rows += batch.num_rows
            if out.tell() > limit:
                raise member.rejected(f"its files unpack to more than {limit:,} bytes", "Give fewer rows")
            if rows > MAX_MEMBERS:
                raise member.rejected(f"it has more than {MAX_MEMBERS:,} files", "Divide it")
        columns = {name: FileColumn(format, files[name], lost[name]) for name, format in formats.items()}
        yield columns, {name: pa.array(found, pa.string()) for name, found in paths.items()}


def _holds_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _holds_bytes(kind.field(place).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _contents(cells: pa.Array) -> Iterator[tuple[bytes | None, str | None]]:
    """Content and name of the file in each cell."""
    if not pa.types.is_struct(cells.type):
        yield from ((content, None) for content in cells.to_pylist())
        return
    contents = pc.struct_field(cells, "bytes").to_pylist()
    place = cells.type.get_field_index("path")
    named = place >= 0 and pa.types.is_string(cells.type.field(place).type)
    paths = pc.cast(pc.struct_field(cells, "path"), pa.binary()).to_pylist() if named else [None] * len(contents)
    for content, path in zip(contents, paths, strict=True):
        yield content, path.decode(errors="replace") if path else None


def _batches(members: Sequence[Member], names: list[str], most: int) -> Iterator[tuple[Member, int, pa.RecordBatch]]:
    """Some rows at a time, the file they lie in, and how many came before them there; `most` in all."""
    taken = 0
    for member in members:
        row = 0
        with opened_parquet(member, _BUFFER) as file:
            for batch in file.iter_batches(_rows(file), columns=names, use_threads=False):
                if taken >= most:
                    return
                part = batch.slice(0, most - taken)
                yield member, row, part
                row, taken = row + part.num_rows, taken + part.num_rows


def _rows(file: pq.ParquetFile) -> int:
    """How many rows are about eight MB."""
    size = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
    return max(1, min(4096, _BATCH_BYTES * file.metadata.num_rows // max(size, 1)))


def _cell(out: IO[bytes], member: Member, row: int, content: bytes) -> Member:
    """The file of a row, written at the end of `out`."""
    place, size = out.tell(), len(content)
    out.write(content)
    out.flush()
    name = f"{member.path}, row {row}" if member.path else f"row {row}"
    return Member(member.file, name, size, lambda: io.BytesIO(os.pread(out.fileno(), size, place)))
