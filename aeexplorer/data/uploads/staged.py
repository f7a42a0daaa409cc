"""The staging folder: the child writes arrays, a table and a record into it, and the parent checks and loads them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.logs import package_logger
from aeexplorer.core.workspace import read_array
from aeexplorer.data.dataset import NewField
from aeexplorer.data.uploads.options import Guess

_log = package_logger(__name__)
_MAX_RECORD_BYTES = 64 << 20
_RESERVED_COLUMNS = ("id", "source", "label")


class _FieldRecord(BaseModel):
    model_config = ConfigDict(extra="forbid")
    modality: str = Field(pattern=r"^[a-z_]{1,40}$")
    shape: tuple[int, ...] = Field(min_length=2, max_length=8)
    dtype: str = Field(pattern=r"^(uint8|uint16|int32|float32)$")
    meta: dict[str, Any]
    partial: bool = False


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")
    fields: dict[str, _FieldRecord] = Field(min_length=1)
    notes: list[str]


class ArrayFile:
    """Writer of an array to a ``.npy`` file, batch by batch, so that the array need not fit into memory."""

    def __init__(self, out: BinaryIO, shape: tuple[int, ...], dtype: str) -> None:
        self._out, self._shape, self._dtype, self._rows = out, shape, np.dtype(dtype), 0
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)

    def append(self, batch: np.ndarray) -> None:
        """Append samples, ``(any, *shape[1:])``."""
        if batch.shape[1:] != self._shape[1:] or batch.dtype != self._dtype:
            raise ValueError(f"a batch of {batch.dtype} {batch.shape} does not belong to {self._dtype} {self._shape}")
        self._rows += len(batch)
        self._out.write(np.ascontiguousarray(batch).data)


class Staging:
    """The staging folder, into which a format writes the data that it reads.

    Parameters
    ----------
    folder
        An empty folder.
    send
        Sends a message to the parent.
    """

    def __init__(self, folder: Path, send: Callable[[Mapping[str, Any]], None]) -> None:
        self.folder = folder
        self._send = send
        self._fields: dict[str, dict[str, Any]] = {}
        self._notes: list[str] = []
        self._rows: tuple[BinaryIO, pa.RecordBatchFileWriter] | None = None

    @contextmanager
    def array(self, name: str, modality: str, shape: tuple[int, ...], dtype: str, meta: Mapping[str, Any]) -> Iterator[ArrayFile]:
        """Open a field for writing, of shape ``(n, *sample)``. Opening a name again replaces the field."""
        self._fields[name] = {"modality": modality, "shape": shape, "dtype": dtype, "meta": dict(meta)}
        with (self.folder / f"field-{list(self._fields).index(name)}.npy").open("wb", buffering=1 << 20) as out:
            yield ArrayFile(out, shape, dtype)

    def present(self, name: str, present: np.ndarray) -> None:
        """Record which samples have a field, bool ``(n,)``, if some lack it. The field must have been opened."""
        if not present.all():
            self._fields[name]["partial"] = True
            np.save(self.folder / f"present-{list(self._fields).index(name)}.npy", present.astype(bool), allow_pickle=False)

    def rows(self, table: pa.Table) -> None:
        """Append rows to the table, with their texts composed (NFC). All calls must have the same columns."""
        table = composed(table)
        if self._rows is None:
            out = (self.folder / "rows.arrow").open("wb")
            self._rows = (out, pa.ipc.new_file(out, table.schema))
        self._rows[1].write_table(table)

    def note(self, sentence: str) -> None:
        """Add a sentence about what was converted or left out to the notes of the dataset."""
        self._notes.append(sentence)

    def progress(self, fraction: float, text: str) -> None:
        """Report the progress to the parent."""
        self._send({"progress": fraction, "text": text})

    def finish(self) -> None:
        """Close the table and write the record."""
        if self._rows is not None:
            self._rows[1].close()
            self._rows[0].close()
        (self.folder / "record.json").write_bytes(orjson.dumps({"fields": self._fields, "notes": self._notes}))


def composed(table: pa.Table) -> pa.Table:
    """Return a table with its texts composed (NFC)."""
    for i, (name, values) in enumerate(zip(table.column_names, table.columns, strict=True)):
        if pa.types.is_string(values.type):
            table = table.set_column(i, name, pc.utf8_normalize(values, "NFC"))
    return table


def unique_column_name(name: str, taken: set[str]) -> str:
    """Return a name for a metadata column that is neither reserved nor in `taken`, and add it to `taken`."""
    unique = f"{name} (file)" if name in _RESERVED_COLUMNS else name
    while unique in taken:
        unique += "'"
    taken.add(unique)
    return unique


def load_guess(folder: Path) -> Guess:
    """Load the guess that the child has written into a folder."""
    return Guess.model_validate_json(_read_record(folder / "guess.json"))


def load_staged(folder: Path) -> tuple[dict[str, NewField], pa.Table, tuple[str, ...]]:
    """Load and check the data that the child has written into a folder.

    Returns
    -------
    tuple
        Fields by name (memory-mapped), the table, and the notes.

    Raises
    ------
    UploadRejected
        If the data are malformed or inconsistent, for example because a hostile file took control of the child.
    """
    try:
        record = _Record.model_validate_json(_read_record(folder / "record.json"))
        fields = {}
        for i, (name, field) in enumerate(record.fields.items()):
            array = read_array(folder / f"field-{i}.npy")
            if array.shape != field.shape or array.dtype.name != field.dtype or not array.flags.c_contiguous:
                raise ValueError(f"the field {name} differs from its record")
            present = read_array(folder / f"present-{i}.npy") if field.partial else None
            if present is not None and (present.shape != array.shape[:1] or present.dtype != np.bool_):
                raise ValueError(f"the presence mask of the field {name} is invalid")
            fields[name] = NewField(field.modality, array, field.meta, present)
        with pa.memory_map(str(folder / "rows.arrow")) as rows:
            table = pa.ipc.open_file(rows).read_all()
        table.validate(full=True)
        if any(len(new.array) != table.num_rows for new in fields.values()):
            raise ValueError("the fields and the table differ in length")
    except (OSError, ValueError, ValidationError, pa.ArrowException) as error:
        _log.warning("inconsistent data of an upload: %s", error)
        raise UploadRejected(
            "the upload", "", "the data read from it are inconsistent", "Save it again with another program"
        ) from None
    return fields, table, tuple(record.notes)


def _read_record(path: Path) -> bytes:
    if path.stat().st_size > _MAX_RECORD_BYTES:
        raise ValueError("the record is too large")
    return path.read_bytes()
