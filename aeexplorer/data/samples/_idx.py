"""Datasets in the IDX format of MNIST, read from disk or downloaded with torchvision's addresses and checksums."""

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import data_folders, download, downloads
from aeexplorer.data.samples.base import DatasetContent, Progress, official_split, sources

PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def build(name: str, torchvision_name: str, classes: tuple[str, ...], progress: Progress) -> DatasetContent:
    """Load a dataset of grey pictures with its official split.

    Parameters
    ----------
    name
        Name of the dataset, and of the folder with its gzipped files.
    torchvision_name
        Name of the class in torchvision, and of torchvision's folder.
    classes
        Names of the labels 0, 1, …
    progress
        Called while downloading and reading.
    """
    train_x, train_y, test_x, test_y = (read_idx(path) for path in _locate_files(name, torchvision_name, progress))
    pixels = np.concatenate([train_x, test_x])[:, None]
    labels = np.array(classes)[np.concatenate([train_y, test_y])]
    table = pa.table({"source": sources(name, len(pixels)), "label": pa.array(labels.tolist(), pa.string())})
    return DatasetContent({"image": NewField("image", pixels, {})}, table, official_split(len(train_x), len(test_x)))


def read_idx(path: Path) -> np.ndarray:
    """Read the uint8 array in an IDX file, which may be gzipped.

    Raises
    ------
    UserError
        If the file is not an IDX file of bytes, or is truncated.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read: {error}", "Remove the file, so that it is downloaded again") from None
    axes = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    shape = tuple(np.frombuffer(content, ">i4", axes, 4).tolist()) if len(content) >= 4 + 4 * axes else ()
    if not axes or len(content) != 4 + 4 * axes + math.prod(shape):
        raise UserError(f"{path} is not a complete IDX file of bytes", "Remove the file, so that it is downloaded again")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _locate_files(name: str, torchvision_name: str, progress: Progress) -> list[Path]:
    for folder in data_folders():
        for subfolder in (folder / name, folder / torchvision_name / "raw"):
            paths = [next((p for p in (subfolder / f"{part}.gz", subfolder / part) if p.is_file()), None) for part in PARTS]
            if None not in paths:
                progress(0.5, f"reading {subfolder}")
                return [path for path in paths if path is not None]
    return _download_files(name, torchvision_name, progress)


def _download_files(name: str, torchvision_name: str, progress: Progress) -> list[Path]:
    from torchvision import datasets

    kind: Any = getattr(datasets, torchvision_name)
    target = downloads() / name
    checksums = dict(kind.resources)
    for i, part in enumerate(PARTS):
        urls = [mirror + f"{part}.gz" for mirror in kind.mirrors]
        part_progress = lambda done, text, i=i: progress((i + done) / len(PARTS), text)  # noqa: E731
        download(name, urls, target / f"{part}.gz", checksums[f"{part}.gz"], part_progress)
    return [target / f"{part}.gz" for part in PARTS]
