"""The immutable dataset: memory-mapped fields, a table, splits; addressed by the hash of its content."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.feather as feather

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace, atomic_folder, read_array, write_array, write_json
from aeexplorer.data.hashing import content_hash
from aeexplorer.data.scaling import measured
from aeexplorer.data.split import SPLITS, rotated_split


@dataclass(frozen=True)
class Field:
    """One modality of a dataset.

    Parameters
    ----------
    name
        Name within the dataset, for example ``image``.
    modality
        Name of the modality that reads it, for example ``image`` or ``tabular``.
    shape
        Shape of one sample; images are ``(channels, height, width)``, tables ``(columns,)``.
    dtype
        NumPy dtype name: images are ``uint8``, or ``float32`` within [0, 1].
    meta
        What the modality needs to know beyond that (a table's columns, an array's original range, how channels are
        scaled: `aeexplorer.data.scaling`).
    path
        The ``.npy`` file, shape ``(n, *shape)``.
    partial
        Whether some samples do not have this field, see `present`.
    """

    name: str
    modality: str
    shape: tuple[int, ...]
    dtype: str
    meta: Mapping[str, Any]
    path: Path
    partial: bool = False

    @cached_property
    def present(self) -> np.ndarray | None:
        """bool ``(n,)``: which samples have this field, memory-mapped; None where all do."""
        return read_array(self.path.with_suffix(".present.npy")) if self.partial else None

    @cached_property
    def array(self) -> np.ndarray:
        """All samples, ``(n, *shape)``, as a read-only memory map."""
        return read_array(self.path)


@dataclass(frozen=True)
class NewField:
    """A field about to be stored: an array ``(n, *shape)`` (may be a memory map) and what describes it.

    Where some samples do not have it, `present` says which do, bool ``(n,)``; the rows of the others are NaN where the
    dtype has it, else zeros.
    """

    modality: str
    array: np.ndarray
    meta: Mapping[str, Any]
    present: np.ndarray | None = None

    @property
    def partial(self) -> bool:
        """Whether some samples do not have it."""
        return self.present is not None and not self.present.all()


@dataclass(frozen=True)
class Dataset:
    """A stored dataset. Sample ids are the row numbers ``0 … n-1``; they never change.

    Parameters
    ----------
    id
        ``ds-`` and twelve hex digits of the content's SHA-256.
    name
        What people call it; not part of the content.
    folder
        Where it lies.
    fields
        By name.
    notes
        Sentences on what was converted on the way in.
    fold, folds
        Which part of the samples that are not for testing validates, of how many; one part leaves them as stored.
    """

    id: str
    name: str
    folder: Path
    n: int
    fields: Mapping[str, Field]
    notes: tuple[str, ...]
    fold: int = 0
    folds: int = 1

    @cached_property
    def table(self) -> pa.Table:
        """``id`` (int32), ``source`` (string), optionally ``label`` (string), and any metadata columns; memory-mapped."""
        return feather.read_table(self.folder / "table.arrow", memory_map=True)

    @cached_property
    def split(self) -> np.ndarray:
        """int8 ``(n,)``: index into ``("train", "validation", "test")``."""
        stored = read_array(self.folder / "split.npy")
        return stored if (self.fold, self.folds) == (0, 1) else rotated_split(stored, self.labels, self.fold, self.folds)

    def rotated(self, fold: int, folds: int) -> "Dataset":
        """The same samples, with another part of those that are not for testing to validate on, see `rotated_split`.

        Figures of columns and channels (what scales them) are those of the samples that are then trained on.

        Raises
        ------
        UserError
            If there is no such fold.
        """
        if (fold, folds) == (self.fold, self.folds):
            return self
        turned = replace(self, fold=fold, folds=folds)
        train = turned.split == SPLITS.index("train")
        metas = {name: measured(field.meta, field.array, train, field.present) for name, field in self.fields.items()}
        return replace(turned, fields={name: replace(field, meta=metas[name]) for name, field in self.fields.items()})

    def ids(self, split: str | None = None) -> np.ndarray:
        """Sample ids, int32, of one split or of all."""
        if split is None:
            return np.arange(self.n, dtype=np.int32)
        return np.flatnonzero(self.split == SPLITS.index(split)).astype(np.int32)

    @cached_property
    def label_names(self) -> list[str]:
        """The distinct labels in natural order; empty where there is no label column."""
        if "label" not in self.table.column_names:
            return []
        return sorted((v for v in self.table["label"].unique().to_pylist() if v is not None), key=natural_order)

    @cached_property
    def labels(self) -> np.ndarray | None:
        """int32 ``(n,)``: index into `label_names`, −1 where missing; None where there is no label column."""
        if not self.label_names:
            return None
        place = {name: i for i, name in enumerate(self.label_names)}
        encoded = self.table["label"].combine_chunks().dictionary_encode()
        codes = np.array([place.get(v, -1) for v in encoded.dictionary.to_pylist()] + [-1], np.int32)
        return codes[encoded.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)]

    def samples(self, ids: np.ndarray) -> dict[str, np.ndarray]:
        """Stored samples ``{field: (m, *shape)}``; of fields that some samples do not have also which of these do, see
        `presence`."""
        found = {name: np.array(field.array[ids]) for name, field in self.fields.items()}
        return found | {
            presence(name): np.array(field.present[ids]) for name, field in self.fields.items() if field.present is not None
        }

    @cached_property
    def main_field(self) -> Field:
        """The first field."""
        return next(iter(self.fields.values()))

    @property
    def of_texts(self) -> bool:
        """Whether the first field's samples are texts, of which a squared error says little."""
        return self.main_field.modality == "text"

    def rename(self, name: str) -> "Dataset":
        """The same content under another name."""
        record = orjson.loads((self.folder / "dataset.json").read_bytes())
        write_json(self.folder / "dataset.json", record | {"name": clean_name(name)})
        return open_dataset(self.folder)


def presence(field: str) -> str:
    """Under which name it stands among samples which of them have a field, bool ``(m,)``."""
    return f"{field} is there"


def natural_order(text: str) -> tuple[int, float, str]:
    """A sort key: numbers by their size, then everything else by the alphabet."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    return (1, 0.0, text) if math.isnan(number) else (0, number, text)


def clean_name(name: str) -> str:
    """A name for display: one line, printable, at most 80 characters; raises `UserError` when nothing is left."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
    if not cleaned:
        raise UserError("the dataset has no name", "Give it one")
    return cleaned


def open_dataset(folder: Path) -> Dataset:
    """Read the dataset in a folder.

    Raises
    ------
    UserError
        If there is none.
    """
    try:
        record = orjson.loads((folder / "dataset.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        raise UserError(f"there is no dataset {folder.name} in this workspace", "List them with `aeexplorer data list`") from None
    fields = {
        name: Field(
            name, f["modality"], tuple(f["shape"]), f["dtype"], f["meta"], folder / "fields" / f"{i}.npy", f.get("partial", False)
        )
        for i, (name, f) in enumerate(record["fields"].items())
    }
    return Dataset(folder.name, record["name"], folder, record["n"], fields, tuple(record["notes"]))


def create_dataset(
    workspace: Workspace,
    name: str,
    fields: Mapping[str, NewField],
    table: pa.Table,
    split: np.ndarray,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Store a dataset; the same content stored twice is one dataset.

    Parameters
    ----------
    workspace, name
        Where, and what people call it.
    fields
        By name; all arrays have the same first length ``n``.
    table
        ``n`` rows; ``id`` is added, ``label`` and ``source`` where present are strings.
    split
        int8 ``(n,)``: index into ``("train", "validation", "test")``.
    notes
        What was converted on the way in.

    Raises
    ------
    UserError
        If the lengths disagree, there is no sample, or one that has none of the fields.
    """
    n = len(split)
    if n == 0:
        raise UserError("the dataset is empty", "Give it at least one sample")
    if {len(f.array) for f in fields.values()} != {n} or table.num_rows != n:
        raise UserError("the parts of the dataset differ in length", "Give every field and the table one row a sample")
    if all(f.partial for f in fields.values()):
        bare = np.flatnonzero(~np.any([f.present for f in fields.values() if f.present is not None], axis=0))
        if len(bare):
            raise UserError(f"sample {bare[0]} has none of the fields", "Leave it out")
    if "id" in table.column_names:
        table = table.drop_columns(["id"])
    table = table.add_column(0, "id", pa.array(np.arange(n, dtype=np.int32)))
    table = pa.Table.from_batches(table.combine_chunks().to_batches()).replace_schema_metadata(None)

    record: dict[str, Any] = {
        "name": clean_name(name),
        "n": n,
        "fields": {
            key: {"modality": f.modality, "shape": list(f.array.shape[1:]), "dtype": f.array.dtype.name, "meta": dict(f.meta)}
            | ({"partial": True} if f.partial else {})
            for key, f in fields.items()
        },
        "notes": list(notes),
    }
    with atomic_folder(workspace.datasets, workspace.staging) as place:
        (place.folder / "fields").mkdir()
        for i, field in enumerate(fields.values()):
            write_array(place.folder / "fields" / f"{i}.npy", field.array)
            if field.present is not None and field.partial:
                write_array(place.folder / "fields" / f"{i}.present.npy", field.present.astype(bool))
        write_array(place.folder / "split.npy", split.astype(np.int8))
        feather.write_feather(table, place.folder / "table.arrow", compression="uncompressed")
        write_json(place.folder / "dataset.json", record)
        place.name = f"ds-{content_hash(place.folder, record)[:12]}"
    return open_dataset(workspace.dataset_folder(place.name))
