"""Immutable datasets: memory-mapped fields, a table and a split, identified by the hash of their content."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather

from aeexplorer.core.errors import UserError
from aeexplorer.core.formats import NewerFormat
from aeexplorer.core.workspace import Workspace, atomic_folder, write_array, write_json
from aeexplorer.data.records import (
    DATASET_FORMAT,
    content_hash,
    damaged_dataset,
    read_checked_array,
    read_dataset_record,
    read_table,
)
from aeexplorer.data.scaling import updated_statistics
from aeexplorer.data.split import SPLITS, fold_split


@dataclass(frozen=True)
class Field:
    """One modality of a dataset.

    Parameters
    ----------
    name
        Name within the dataset, for example ``image``.
    modality
        Name of the modality of the field, for example ``image`` or ``tabular``.
    shape
        Shape of one sample; images are ``(channels, height, width)``, tables ``(columns,)``.
    dtype
        NumPy dtype name: images are ``uint8``, or ``float32`` within [0, 1].
    meta
        Further information for the modality, such as the columns of a table, the original range of an array, or the scaling of
        channels (see `aeexplorer.data.scaling`).
    path
        The ``.npy`` file, shape ``(n, *shape)``.
    partial
        Whether some samples lack this field, see `present`.
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
        """Mask of the samples that have this field: bool ``(n,)``, memory-mapped; None if all samples have it."""
        return self._read(self.path.with_suffix(".present.npy"), "bool", ()) if self.partial else None

    @cached_property
    def array(self) -> np.ndarray:
        """All samples: ``(n, *shape)``, a read-only memory map. Raises `Damaged` if the file cannot be read."""
        return self._read(self.path, self.dtype, self.shape)

    def _read(self, path: Path, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        try:
            return read_checked_array(path, dtype, (None, *shape))
        except ValueError as error:
            raise damaged_dataset(self.path.parent.parent, error) from None


@dataclass(frozen=True)
class NewField:
    """A field to be stored in a new dataset.

    Parameters
    ----------
    modality
        Name of the modality.
    array
        All samples, ``(n, *shape)``; may be a memory map.
    meta
        Further information for the modality, see `Field`.
    present
        Mask of the samples that have the field, bool ``(n,)``; None if all have it. The rows of samples that lack the field
        are NaN, or zero if the dtype has no NaN.
    """

    modality: str
    array: np.ndarray
    meta: Mapping[str, Any]
    present: np.ndarray | None = None

    @property
    def partial(self) -> bool:
        """Whether some samples lack the field."""
        return self.present is not None and not self.present.all()


@dataclass(frozen=True)
class Dataset:
    """A stored dataset. Sample ids are the row numbers ``0 … n-1``; they never change.

    Parameters
    ----------
    id
        ``ds-`` and twelve hex digits of the content's SHA-256.
    name
        Name for display; not part of the content.
    folder
        Folder in the workspace.
    n
        Number of samples.
    fields
        Fields by name, in their stored order.
    notes
        Sentences about the conversions that were made when the data were read.
    fold, folds
        Number of the fold used for validation, counted from 0, and number of folds. With a single fold, the stored split is
        used. See `rotated`.
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
        """Columns ``id`` (int32), ``source`` (string), optionally ``label`` (string), and any metadata; memory-mapped."""
        try:
            return read_table(self.folder / "table.arrow")
        except ValueError as error:
            raise damaged_dataset(self.folder, error) from None

    @cached_property
    def split(self) -> np.ndarray:
        """Split of each sample: int8 ``(n,)``, index into ``("train", "validation", "test")``."""
        try:
            stored = read_checked_array(self.folder / "split.npy", "int8", (self.n,))
        except ValueError as error:
            raise damaged_dataset(self.folder, error) from None
        return stored if (self.fold, self.folds) == (0, 1) else fold_split(stored, self.labels, self.fold, self.folds)

    def rotated(self, fold: int, folds: int) -> "Dataset":
        """Return the dataset with the split of a cross-validation fold, see `fold_split`.

        The statistics that scale columns and channels are recomputed from the training samples of the fold.

        Parameters
        ----------
        fold, folds
            Number of the fold used for validation, counted from 0, and number of folds.

        Raises
        ------
        UserError
            If there is no such fold.
        """
        if (fold, folds) == (self.fold, self.folds):
            return self
        dataset = replace(self, fold=fold, folds=folds)
        train = dataset.split == SPLITS.index("train")
        metas = {name: updated_statistics(field.meta, field.array, train, field.present) for name, field in self.fields.items()}
        return replace(dataset, fields={name: replace(field, meta=metas[name]) for name, field in self.fields.items()})

    def ids(self, split: str | None = None) -> np.ndarray:
        """Return the sample ids of a split, or of all samples: int32, ascending."""
        if split is None:
            return np.arange(self.n, dtype=np.int32)
        return np.flatnonzero(self.split == SPLITS.index(split)).astype(np.int32)

    @cached_property
    def label_names(self) -> list[str]:
        """Distinct labels in natural order; empty without a label column."""
        if "label" not in self.table.column_names:
            return []
        return sorted((v for v in self.table["label"].unique().to_pylist() if v is not None), key=natural_order)

    @cached_property
    def labels(self) -> np.ndarray | None:
        """Label of each sample: int32 ``(n,)``, index into `label_names`, −1 if missing; None without a label column."""
        if not self.label_names:
            return None
        index = {name: i for i, name in enumerate(self.label_names)}
        encoded = self.table["label"].combine_chunks().dictionary_encode()
        codes = np.array([index.get(v, -1) for v in encoded.dictionary.to_pylist()] + [-1], np.int32)
        return codes[encoded.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)]

    def samples(self, ids: np.ndarray) -> dict[str, np.ndarray]:
        """Return stored samples, ``{field: (m, *shape)}``.

        For each partial field, the entry `presence_key` holds the mask of the samples that have it, bool ``(m,)``.
        """
        arrays = {name: np.array(field.array[ids]) for name, field in self.fields.items()}
        return arrays | {
            presence_key(name): np.array(field.present[ids]) for name, field in self.fields.items() if field.present is not None
        }

    @cached_property
    def main_field(self) -> Field:
        """First field, which is shown where only one can be."""
        return next(iter(self.fields.values()))

    @property
    def of_texts(self) -> bool:
        """Whether the main field holds texts, for which a squared error means little."""
        return self.main_field.modality == "text"

    def rename(self, name: str) -> "Dataset":
        """Store another name, and return the renamed dataset. Raises `UserError` if the name is empty."""
        record = read_dataset_record(self.folder)
        write_json(self.folder / "dataset.json", record | {"name": clean_name(name)})
        return open_dataset(self.folder)


def presence_key(field: str) -> str:
    """Return the key of the presence mask of a field in a dict of samples, see `Dataset.samples`."""
    return f"{field} is there"


def natural_order(text: str) -> tuple[int, float, str]:
    """Return a sort key that puts numbers first, by value, and then other texts, in alphabetical order."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    return (1, 0.0, text) if math.isnan(number) else (0, number, text)


def clean_name(name: str) -> str:
    """Clean a name for display: one line, printable, at most 80 characters. Raises `UserError` if nothing is left."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in name).split())[:80]
    if not cleaned:
        raise UserError("the dataset has no name", "Give it a name")
    return cleaned


def open_dataset(folder: Path) -> Dataset:
    """Open the dataset in a folder.

    Raises
    ------
    NewerFormat
        If a newer version of aeexplorer wrote the dataset.
    Damaged
        If its record cannot be read.
    UserError
        If there is no such folder.
    """
    try:
        record = read_dataset_record(folder)
    except NewerFormat:
        raise
    except (OSError, ValueError) as error:
        if folder.exists():
            raise damaged_dataset(folder, error) from None
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
    """Store a dataset. Storing the same content twice gives one dataset.

    Parameters
    ----------
    workspace
        Where the dataset is stored.
    name
        Name for display.
    fields
        Fields by name; the first axis of every array has length ``n``.
    table
        ``n`` rows. The column ``id`` is added; ``label`` and ``source``, if present, hold strings.
    split
        int8 ``(n,)``: index into ``("train", "validation", "test")``.
    notes
        Sentences about the conversions that were made when the data were read.

    Raises
    ------
    UserError
        If there are no samples, the lengths differ, or a sample has none of the fields.
    """
    n = len(split)
    if n == 0:
        raise UserError("the dataset is empty", "Give it at least one sample")
    if {len(f.array) for f in fields.values()} != {n} or table.num_rows != n:
        raise UserError("the fields and the table differ in length", "Give each of them one row per sample")
    if all(f.partial for f in fields.values()):
        empty = np.flatnonzero(~np.any([f.present for f in fields.values() if f.present is not None], axis=0))
        if len(empty):
            raise UserError(f"sample {empty[0]} has none of the fields", "Leave it out")
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
    with atomic_folder(workspace.datasets, workspace.staging) as new:
        (new.folder / "fields").mkdir()
        for i, field in enumerate(fields.values()):
            write_array(new.folder / "fields" / f"{i}.npy", field.array)
            if field.present is not None and field.partial:
                write_array(new.folder / "fields" / f"{i}.present.npy", field.present.astype(bool))
        write_array(new.folder / "split.npy", split.astype(np.int8))
        feather.write_feather(table, new.folder / "table.arrow", compression="uncompressed")
        write_json(new.folder / "dataset.json", DATASET_FORMAT.stamp(record))
        new.name = f"ds-{content_hash(new.folder, record)[:12]}"
    return open_dataset(workspace.dataset_folder(new.name))
