"""The same samples divided or scaled in another way: a dataset of its own that shares the files of the first."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from aeexplorer.catalogue import open_catalogue
from aeexplorer.data.dataset import Dataset, Field, clean_name, open_dataset
from aeexplorer.data.hashing import content_hash
from aeexplorer.data.split import SPLITS, SplitSettings, stratified_split
from aeexplorer.data.tabular import with_statistics
from aeexplorer.errors import UserError
from aeexplorer.settings import Settings
from aeexplorer.workspace import Workspace, atomic_folder, read_array, write_array, write_json

Scaling = Literal["min-max", "z-score"]


class Changes(Settings):
    """What is different in a variant of a dataset."""

    split: SplitSettings = SplitSettings()
    """How the samples are divided."""
    scaling: Scaling = "min-max"
    """How columns and channels of numbers are scaled: `min-max` brings the range over the training samples to 0 … 1,
    `z-score` its mean to ½ and three standard deviations to 0 and 1, so that a few far values do not squeeze all others."""


def changes_of(dataset: Dataset) -> Changes:
    """The shares and the scaling that a dataset has; the seed is not known and is 0."""
    shares = {name: round(len(dataset.ids(name)) / dataset.n, 2) for name in SPLITS[1:]}
    scaling = next((field.meta["scaling"] for field in dataset.fields.values() if "scaling" in field.meta), "min-max")
    return Changes().replace({f"split.{name}": min(share, 0.4) for name, share in shares.items()} | {"scaling": scaling})


def can_scale(dataset: Dataset) -> bool:
    """Whether a field has columns or channels of numbers."""
    return any(about["kind"] == "numeric" for field in dataset.fields.values() for about in field.meta.get("columns", ()))


def with_scaling(field: Field, scaling: Scaling) -> Field:
    """The field scaled in another way."""
    meta = {key: value for key, value in field.meta.items() if key != "scaling"}
    return replace(field, meta=meta if scaling == "min-max" else meta | {"scaling": scaling})


def make_variant(workspace: Workspace, dataset: Dataset, changes: Changes, divide: bool = True, name: str = "") -> Dataset:
    """The same samples as another dataset; the arrays are shared on the disk where the file system can.

    Parameters
    ----------
    workspace, dataset
        Where, and of what.
    changes
        How it is divided and scaled.
    divide
        Whether it is divided anew; otherwise the split stays as it is.
    name
        What people call it; by default the name of the dataset and what is different.

    Raises
    ------
    UserError
        If no sample is left to train on, or nothing is different.
    """
    split = stratified_split(dataset.labels, dataset.n, changes.split) if divide else np.asarray(dataset.split)
    record = orjson.loads((dataset.folder / "dataset.json").read_bytes())
    for i, field in enumerate(record["fields"].values()):
        _rescale(field, read_array(dataset.folder / "fields" / f"{i}.npy"), split == 0, changes.scaling)
    record["name"] = clean_name(name or f"{dataset.name[:60]}, {_told(changes, divide)}")
    with atomic_folder(workspace.datasets, workspace.staging) as place:
        (place.folder / "fields").mkdir()
        for path in (*(dataset.folder / "fields").iterdir(), dataset.folder / "table.arrow"):
            _share(path, place.folder / path.relative_to(dataset.folder))
        write_array(place.folder / "split.npy", split)
        write_json(place.folder / "dataset.json", record)
        place.name = f"ds-{content_hash(place.folder, record)[:12]}"
        if place.name == dataset.id:
            raise UserError("nothing is different", "Change a share, the seed or the scaling")
    made = open_dataset(workspace.dataset_folder(place.name))
    open_catalogue(workspace).add_dataset(made.folder)
    return made


def _rescale(field: dict[str, Any], array: np.ndarray, train: np.ndarray, scaling: Scaling) -> None:
    """Figures over other training samples, and another scaling, in the record of a field with columns."""
    if "columns" not in field["meta"]:
        return
    plain = {key: value for key, value in field["meta"].items() if key != "scaling"}
    columns = with_statistics(array, plain["columns"], train)
    field["meta"] = {**plain, "columns": columns} | ({} if scaling == "min-max" else {"scaling": scaling})


def _told(changes: Changes, divide: bool) -> str:
    shares = 1 - changes.split.validation - changes.split.test, changes.split.validation, changes.split.test
    divided = " / ".join(f"{share:.0%}" for share in shares) if divide else ""
    return " ".join(filter(None, [divided, changes.scaling if changes.scaling != "min-max" or not divide else ""]))


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
