"""The files of a dataset's folder, checked as they are read, and their hash: ``dataset.json``, fields, split and table."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.feather as feather
from pydantic import BaseModel, ConfigDict, Field

from aeexplorer.core.errors import Damaged, reason_of
from aeexplorer.core.formats import Format, read_record
from aeexplorer.core.workspace import read_array
from aeexplorer.data.split import SPLITS

DATASET_FORMAT = Format("dataset")
"""Format of ``dataset.json``."""
_CHUNK_ROWS = 4096
_CHUNK_BYTES = 1 << 22


class _StoredField(BaseModel):
    model_config = ConfigDict(extra="forbid")
    modality: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    shape: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=8)]
    dtype: Annotated[str, Field(pattern=r"^(bool|u?int(8|16|32|64)|float(16|32|64))$")]
    meta: dict[str, Any]
    partial: bool = False


class DatasetRecord(BaseModel):
    """Content of ``dataset.json``."""

    model_config = ConfigDict(extra="forbid")
    format: int = 1
    name: Annotated[str, Field(min_length=1, max_length=200)]
    n: Annotated[int, Field(ge=1, lt=2**31)]
    fields: Annotated[dict[str, _StoredField], Field(min_length=1, max_length=100)]
    notes: list[str]


def read_dataset_record(folder: Path) -> dict[str, Any]:
    """Read the ``dataset.json`` of a dataset's folder.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote it.
    OSError, ValueError
        If it is missing, cannot be read, or is no such record.
    """
    return read_record(folder / "dataset.json", DATASET_FORMAT, DatasetRecord)


def check_dataset_files(folder: Path, deep: bool = False) -> int:
    """Check that the files of a dataset are there and fit each other.

    Parameters
    ----------
    folder
        Folder of the dataset.
    deep
        Whether to read all content. Else only the record and the headers of the other files are read.

    Returns
    -------
    int
        The number of samples.

    Raises
    ------
    OSError, ValueError
        If a file is missing, cannot be read or does not fit. The message names it.
    """
    record = DatasetRecord.model_validate(read_dataset_record(folder))
    for i, (name, field) in enumerate(record.fields.items()):
        array = read_checked_array(folder / "fields" / f"{i}.npy", field.dtype, (record.n, *field.shape))
        if deep and array.dtype.kind == "f":
            rows = (array[start : start + _CHUNK_ROWS] for start in range(0, record.n, _CHUNK_ROWS))
            if any(np.isinf(chunk).any() for chunk in rows):
                raise ValueError(f"the field {name} has infinite numbers")
        if field.partial:
            read_checked_array(folder / "fields" / f"{i}.present.npy", "bool", (record.n,))
    split = read_checked_array(folder / "split.npy", "int8", (record.n,))
    if split.min() < 0 or split.max() >= len(SPLITS):
        raise ValueError("split.npy has splits that are not train, validation and test")
    _check_table(folder / "table.arrow", record.n, deep)
    return record.n


def read_checked_array(path: Path, dtype: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """Open a non-empty array of a dtype and shape, memory-mapped; None in the shape stands for any length.

    Raises
    ------
    ValueError
        If the file is missing, cannot be read, or holds another array.
    """
    try:
        array = read_array(path)
    except FileNotFoundError:
        raise ValueError(f"{path.name} is missing") from None
    except OSError as error:
        raise ValueError(f"{path.name}: {reason_of(error)}") from None
    fits = array.ndim == len(shape) and all(size in (None, length) for size, length in zip(shape, array.shape, strict=True))
    if array.dtype != np.dtype(dtype) or not fits or not array.flags.c_contiguous or array.size == 0:
        expected = " × ".join("any" if size is None else f"{size:,}" for size in shape)
        raise ValueError(f"{path.name} is {array.dtype} {array.shape} instead of {dtype}, {expected}")
    return array


def read_table(path: Path) -> pa.Table:
    """Open the table of a dataset, memory-mapped. Raises `ValueError` if it cannot be read."""
    try:
        if not path.is_file():
            raise ValueError(f"{path.name} is missing")
        return feather.read_table(path, memory_map=True)
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path.name} cannot be read ({reason_of(error)})") from None


def content_hash(folder: Path, record: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the files in a dataset folder and of its record, without name and notes."""
    digest = hashlib.sha256(orjson.dumps({"n": record["n"], "fields": record["fields"]}, option=orjson.OPT_SORT_KEYS))
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "dataset.json"):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


def damaged_dataset(folder: Path, error: Exception) -> Damaged:
    """Return the error that says that files of a dataset cannot be used, and why."""
    fix = f"Remove it under Data, or with `aeexplorer data remove {folder.name}`, and add the data again"
    return Damaged(f"the dataset {folder.name} is damaged: {reason_of(error)}", fix)


def _check_table(path: Path, n: int, deep: bool) -> None:
    table = read_table(path)
    names = table.column_names
    if table.num_rows != n or "id" not in names or len(set(names)) != len(names):
        raise ValueError(f"{path.name} does not have one row per sample")
    for name in {"label", "source"} & set(names):
        if not pa.types.is_string(table.schema.field(name).type):
            raise ValueError(f"the column {name} of {path.name} is not text")
    if not deep:
        return
    try:
        table.validate(full=True)
        ids = table["id"].to_numpy()
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path.name} cannot be read ({reason_of(error)})") from None
    if not np.array_equal(ids, np.arange(n)):
        raise ValueError(f"the ids in {path.name} are not the numbers of its rows")
