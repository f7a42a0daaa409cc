"""The same samples divided or scaled in another way: a dataset of its own that shares the files of the first."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import orjson

from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings
from aeexplorer.core.workspace import Workspace, atomic_folder, write_array, write_json
from aeexplorer.data.dataset import Dataset, Field, clean_name, open_dataset
from aeexplorer.data.hashing import content_hash
from aeexplorer.data.scaling import PixelScaling, Scaling, rescaled, scaling_of
from aeexplorer.data.split import SPLITS, SplitSettings, stratified_split

WAYS: dict[str, tuple[str, ...]] = {"scaling": get_args(Scaling), "pixels": get_args(PixelScaling)}
"""Settings of `Changes` that scale, and what they may be."""


class Changes(Settings):
    """What is different in a variant of a dataset."""

    split: SplitSettings = SplitSettings()
    """How the samples are divided."""
    scaling: Scaling = "min-max"
    """How columns and channels of numbers are scaled: `min-max` brings the range over the training samples to 0 … 1,
    `z-score` its mean to ½ and three standard deviations to 0 and 1, so that a few far values do not squeeze all others."""
    pixels: PixelScaling = "stored"
    """How each channel of pictures, spectrograms and videos is scaled: `stored` leaves dark at 0 and bright at 1, `min-max`
    and `z-score` are as for columns."""


def changes_of(dataset: Dataset) -> Changes:
    """The shares and the scaling that a dataset has; the seed is not known and is 0."""
    shares = {name: round(len(dataset.ids(name)) / dataset.n, 2) for name in SPLITS[1:]}
    scaling = {setting: scaling_of(field.meta, field.shape) for setting, field in scalable(dataset).items()}
    return Changes().replace({f"split.{name}": min(share, 0.4) for name, share in shares.items()} | scaling)


def scalable(dataset: Dataset) -> dict[str, Field]:
    """The settings of `WAYS` that change a dataset, and the first field that each of them scales."""
    found: dict[str, Field] = {}
    for field in dataset.fields.values():
        if scaling_of(field.meta, field.shape):
            found.setdefault(_setting(field), field)
    return found


def with_scaling(field: Field, way: str, train: np.ndarray) -> Field:
    """The field scaled in another way, by its figures over the samples that bool ``(n,)`` says are trained on."""
    return replace(field, meta=rescaled(field.meta, field.array, train, way, field.present))


def _setting(field: Field) -> str:
    return "scaling" if "columns" in field.meta else "pixels"


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
    for key, field in dataset.fields.items():
        if scaling_of(field.meta, field.shape):
            record["fields"][key]["meta"] = with_scaling(field, getattr(changes, _setting(field)), split == 0).meta
    record["name"] = clean_name(name or ", ".join([dataset.name[:60], *_told(changes_of(dataset), changes, divide)]))
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


def _told(before: Changes, changes: Changes, divide: bool) -> list[str]:
    shares = 1 - changes.split.validation - changes.split.test, changes.split.validation, changes.split.test
    divided = [" / ".join(f"{share:.0%}" for share in shares)] if divide else []
    columns = [changes.scaling] if changes.scaling != before.scaling else []
    return divided + columns + ([f"pixels {changes.pixels}"] if changes.pixels != before.pixels else [])


def _share(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
