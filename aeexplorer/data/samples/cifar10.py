"""CIFAR-10, in the layout of torchvision, which verifies the checksum of each file before reading it."""

from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import data_folders, download, downloads
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, official_split, sources


def to_content(train: np.ndarray, test: np.ndarray, labels: list[str]) -> DatasetContent:
    """Convert the two parts, uint8 ``(n, 32, 32, 3)``, and their concatenated labels to the content of a dataset."""
    pixels = np.concatenate([train, test]).transpose(0, 3, 1, 2)  # (n, 3, 32, 32)
    table = pa.table({"source": sources("cifar10", len(pixels)), "label": pa.array(labels, pa.string())})
    return DatasetContent(
        {"image": NewField("image", np.ascontiguousarray(pixels), {})}, table, official_split(len(train), len(test))
    )


def _build(progress: Progress) -> DatasetContent:
    from torchvision.datasets import CIFAR10

    train, test = _load_parts(CIFAR10, progress)
    labels = [train.classes[i] for i in (*train.targets, *test.targets)]
    return to_content(train.data, test.data, labels)


def _load_parts(kind: Any, progress: Progress) -> tuple[Any, Any]:
    for folder in data_folders():
        if (folder / kind.base_folder).is_dir():
            progress(0.5, f"reading {folder / kind.base_folder}")
            try:
                return kind(folder, train=True), kind(folder, train=False)
            except RuntimeError:
                reason = f"{folder / kind.base_folder} is incomplete or damaged"
                raise UserError(reason, "Remove the folder, so that it is downloaded again") from None
    download("cifar10", [kind.url], downloads() / kind.filename, kind.tgz_md5, lambda done, text: progress(0.8 * done, text))
    progress(0.8, "unpacking")
    return kind(downloads(), train=True, download=True), kind(downloads(), train=False)


DATASET = BuiltinDataset(
    "cifar10", "CIFAR-10", "60,000 colour pictures of 32 × 32 pixels in ten classes (Krizhevsky 2009).", _build
)
