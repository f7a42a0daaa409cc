"""Sets in the IDX format of MNIST: found on the disk, or downloaded with torchvision's addresses and checksums."""

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import data_folders, download, downloads
from aeexplorer.data.samples.base import Built, Progress, official_split, sources

PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def build(name: str, torchvision_name: str, classes: tuple[str, ...], progress: Progress) -> Built:
    """A set of grey pictures with its official split.

    Parameters
    ----------
    name
        Folder of the plain gzipped files.
    torchvision_name
        Name of torchvision's class, which is also its folder.
    classes
        What the labels 0, 1, … are called.
    progress
        Called while downloading and reading.
    """
    train_x, train_y, test_x, test_y = (read_idx(path) for path in _found(name, torchvision_name, progress))
    pixels = np.concatenate([train_x, test_x])[:, None]
    labels = np.array(classes)[np.concatenate([train_y, test_y])]
    table = pa.table({"source": sources(name, len(pixels)), "label": pa.array(labels.tolist(), pa.string())})
    return Built({"image": NewField("image", pixels, {})}, table, official_split(len(train_x), len(test_x)))


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array in an IDX file, gzipped or not.

    Raises
    ------
    UserError
        If it is not such a file, or cut off.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError) as error:
        raise UserError(f"{path} cannot be read: {error}", "Remove it, and let it be downloaded again") from None
    axes = content[3] if content[:3] == b"\0\0\x08" and len(content) > 3 else 0
    shape = tuple(np.frombuffer(content, ">i4", axes, 4).tolist()) if len(content) >= 4 + 4 * axes else ()
    if not axes or len(content) != 4 + 4 * axes + math.prod(shape):
        raise UserError(f"{path} is no complete IDX file of bytes", "Remove it, and let it be downloaded again")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def _found(name: str, torchvision_name: str, progress: Progress) -> list[Path]:
    for folder in data_folders():
        for place in (folder / name, folder / torchvision_name / "raw"):
            paths = [next((p for p in (place / f"{part}.gz", place / part) if p.is_file()), None) for part in PARTS]
            if None not in paths:
                progress(0.5, f"reading {place}")
                return [path for path in paths if path is not None]
    return _fetched(name, torchvision_name, progress)


def _fetched(name: str, torchvision_name: str, progress: Progress) -> list[Path]:
    from torchvision import datasets

    kind: Any = getattr(datasets, torchvision_name)
    target = downloads() / name
    sums = dict(kind.resources)
    for i, part in enumerate(PARTS):
        urls = [mirror + f"{part}.gz" for mirror in kind.mirrors]
        share = lambda done, text, i=i: progress((i + done) / len(PARTS), text)  # noqa: E731
        download(name, urls, target / f"{part}.gz", sums[f"{part}.gz"], share)
    return [target / f"{part}.gz" for part in PARTS]
