"""What the reading child writes and the parent checks: arrays, a table and a record, in one folder."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import read_array
from aeexplorer.data.dataset import NewField
from aeexplorer.data.uploads.options import Guess

_LARGEST_RECORD = 64 << 20
RESERVED = ("id", "source", "label")


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
    """An array written batch by batch into a `.npy` file, never whole in memory."""

    def __init__(self, out: BinaryIO, shape: tuple[int, ...], dtype: str) -> None:
        self._out, self._shape, self._dtype, self._rows = out, shape, np.dtype(dtype), 0
        header = {"descr": np.lib.format.dtype_to_descr(self._dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)

    def append(self, batch: np.ndarray) -> None:
        """Write further samples, ``(any, *shape[1:])``."""
        if batch.shape[1:] != self._shape[1:] or batch.dtype != self._dtype:
            raise ValueError(f"a batch of {batch.dtype} {batch.shape} does not belong to {self._dtype} {self._shape}")
        self._rows += len(batch)
        self._out.write(np.ascontiguousarray(batch).data)


class Staging:
    """Where a format puts what it reads.

    Parameters
    ----------
    folder
        An empty folder.
    say
        Takes one message for the parent.
    """

    def __init__(self, folder: Path, say: Callable[[Mapping[str, Any]], None]) -> None:
        self.folder = folder
        self._say = say
        self._fields: dict[str, dict[str, Any]] = {}
        self._notes: list[str] = []
        self._rows: tuple[BinaryIO, pa.RecordBatchFileWriter] | None = None

    @contextmanager
    def array(self, name: str, modality: str, shape: tuple[int, ...], dtype: str, meta: Mapping[str, Any]) -> Iterator[ArrayFile]:
        """A field to fill, of shape ``(n, *sample)``; opened again under the same name it starts anew."""
        self._fields[name] = {"modality": modality, "shape": shape, "dtype": dtype, "meta": dict(meta)}
        with (self.folder / f"field-{list(self._fields).index(name)}.npy").open("wb", buffering=1 << 20) as out:
            yield ArrayFile(out, shape, dtype)

    def present(self, name: str, present: np.ndarray) -> None:
        """Say which samples have a field that was opened before, bool ``(n,)``, where some do not."""
        if not present.all():
            self._fields[name]["partial"] = True
            np.save(self.folder / f"present-{list(self._fields).index(name)}.npy", present.astype(bool), allow_pickle=False)

    def rows(self, table: pa.Table) -> None:
        """Append rows of the table; all calls give the same columns."""
        if self._rows is None:
            out = (self.folder / "rows.arrow").open("wb")
            self._rows = (out, pa.ipc.new_file(out, table.schema))
        self._rows[1].write_table(table)

    def note(self, sentence: str) -> None:
        """Say what was converted or left out."""
        self._notes.append(sentence)

    def progress(self, fraction: float, text: str) -> None:
        """Tell the parent how far it is."""
        self._say({"progress": fraction, "text": text})

    def finish(self) -> None:
        """Close the table and write the record."""
        if self._rows is not None:
            self._rows[1].close()
            self._rows[0].close()
        (self.folder / "record.json").write_bytes(orjson.dumps({"fields": self._fields, "notes": self._notes}))


def beside(name: str, taken: set[str]) -> str:
    """A name for a column kept beside the samples that is neither reserved nor taken; it is added to `taken`."""
    chosen = f"{name} (file)" if name in RESERVED else name
    while chosen in taken:
        chosen += "'"
    taken.add(chosen)
    return chosen


def load_guess(folder: Path) -> Guess:
    """The guess that the child left in a folder."""
    return Guess.model_validate_json(_read(folder / "guess.json"))


def load_staged(folder: Path) -> tuple[dict[str, NewField], pa.Table, tuple[str, ...]]:
    """Fields (memory-mapped), table and notes that the child left in a folder, checked.

    Raises
    ------
    UploadRejected
        If the parts are malformed or do not fit together: the child was led astray by what it read.
    """
    try:
        record = _Record.model_validate_json(_read(folder / "record.json"))
        fields = {}
        for i, (name, about) in enumerate(record.fields.items()):
            array = read_array(folder / f"field-{i}.npy")
            if array.shape != about.shape or array.dtype.name != about.dtype or not array.flags.c_contiguous:
                raise ValueError(f"the field {name} is not what its record says")
            present = read_array(folder / f"present-{i}.npy") if about.partial else None
            if present is not None and (present.shape != array.shape[:1] or present.dtype != np.bool_):
                raise ValueError(f"which samples have the field {name} is unclear")
            fields[name] = NewField(about.modality, array, about.meta, present)
        with pa.memory_map(str(folder / "rows.arrow")) as rows:
            table = pa.ipc.open_file(rows).read_all()
        table.validate(full=True)
        if any(len(field.array) != table.num_rows for field in fields.values()):
            raise ValueError("the parts differ in length")
    except (OSError, ValueError, ValidationError, pa.ArrowException) as error:
        raise UploadRejected("the upload", "", f"what was read from it is inconsistent ({error})", "Save it anew") from None
    return fields, table, tuple(record.notes)


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_RECORD:
        raise ValueError("the record is too large")
    return path.read_bytes()
