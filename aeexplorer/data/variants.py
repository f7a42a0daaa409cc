"""Variants of a dataset: the same samples with another split or scaling. A variant shares the files of the arrays."""

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
from aeexplorer.data.records import content_hash
from aeexplorer.data.scaling import PixelScaling, Scaling, meta_with_scaling, scaling_of
from aeexplorer.data.split import SPLITS, SplitSettings, stratified_split

SCALINGS: dict[str, tuple[str, ...]] = {"scaling": get_args(Scaling), "pixels": get_args(PixelScaling)}
"""Settings of `VariantOptions` that choose a scaling, and their choices."""


class VariantOptions(Settings):
    """Split and scaling of a variant of a dataset."""

    split: SplitSettings = SplitSettings()
    """How the samples are divided into training, validation and test sets."""
    scaling: Scaling = "min-max"
    """How numeric columns and channels are scaled. `min-max` maps the range over the training samples to 0 … 1. `z-score` maps
    the mean to ½ and three standard deviations below and above it to 0 and 1, so that a few outliers do not squeeze all other
    values."""
    pixels: PixelScaling = "stored"
    """How each channel of pictures, spectrograms and videos is scaled. `stored` keeps black at 0 and white at 1; `min-max` and
    `z-score` work as for columns."""


def current_options(dataset: Dataset) -> VariantOptions:
    """Return the split shares and the scaling of a dataset. The seed of the split is not stored, and is 0 here."""
    shares = {name: round(len(dataset.ids(name)) / dataset.n, 2) for name in SPLITS[1:]}
    scaling = {setting: scaling_of(field.meta, field.shape) for setting, field in scalable_fields(dataset).items()}
    return VariantOptions().replace({f"split.{name}": min(share, 0.4) for name, share in shares.items()} | scaling)


def scalable_fields(dataset: Dataset) -> dict[str, Field]:
    """Return the settings of `SCALINGS` that apply to a dataset, and the first field that each of them scales."""
    fields: dict[str, Field] = {}
    for field in dataset.fields.values():
        if scaling_of(field.meta, field.shape):
            fields.setdefault(_scaling_setting(field), field)
    return fields


def with_scaling(field: Field, scaling: str, train: np.ndarray) -> Field:
    """Return a field with another scaling, computed from the training samples.

    Parameters
    ----------
    field
        The field.
    scaling
        One of `PixelScaling` for a field of pixels, else one of `Scaling`.
    train
        Mask of the training samples, bool ``(n,)``.
    """
    return replace(field, meta=meta_with_scaling(field.meta, field.array, train, scaling, field.present))


def _scaling_setting(field: Field) -> str:
    return "scaling" if "columns" in field.meta else "pixels"


def make_variant(workspace: Workspace, dataset: Dataset, options: VariantOptions, divide: bool = True, name: str = "") -> Dataset:
    """Store the same samples as another dataset. The files of the arrays are shared if the file system has hard links.

    Parameters
    ----------
    workspace
        Where the variant is stored.
    dataset
        The original dataset.
    options
        Split and scaling of the variant.
    divide
        Whether to split the samples anew; if False, the variant has the split of the dataset.
    name
        Name for display; by default the name of the dataset and the differences.

    Raises
    ------
    UserError
        If no sample is left to train on, or the variant equals the dataset.
    """
    split = stratified_split(dataset.labels, dataset.n, options.split) if divide else np.asarray(dataset.split)
    record = orjson.loads((dataset.folder / "dataset.json").read_bytes())
    for key, field in dataset.fields.items():
        if scaling_of(field.meta, field.shape):
            record["fields"][key]["meta"] = with_scaling(field, getattr(options, _scaling_setting(field)), split == 0).meta
    record["name"] = clean_name(name or ", ".join([dataset.name[:60], *_differences(current_options(dataset), options, divide)]))
    with atomic_folder(workspace.datasets, workspace.staging) as new:
        (new.folder / "fields").mkdir()
        for path in (*(dataset.folder / "fields").iterdir(), dataset.folder / "table.arrow"):
            _link_or_copy(path, new.folder / path.relative_to(dataset.folder))
        write_array(new.folder / "split.npy", split)
        write_json(new.folder / "dataset.json", record)
        new.name = f"ds-{content_hash(new.folder, record)[:12]}"
        if new.name == dataset.id:
            raise UserError("nothing is different from the original dataset", "Change a share, the seed or the scaling")
    variant = open_dataset(workspace.dataset_folder(new.name))
    open_catalogue(workspace).add_dataset(variant.folder)
    return variant


def _differences(before: VariantOptions, after: VariantOptions, divide: bool) -> list[str]:
    """Describe what differs in a variant, for its name."""
    shares = 1 - after.split.validation - after.split.test, after.split.validation, after.split.test
    differences = [" / ".join(f"{share:.0%}" for share in shares)] if divide else []
    if after.scaling != before.scaling:
        differences.append(after.scaling)
    if after.pixels != before.pixels:
        differences.append(f"pixels {after.pixels}")
    return differences


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
