"""SVHN, digits of house numbers, in MATLAB files, with torchvision's addresses and checksums."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import locate_or_download
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, official_split, sources


def _build(progress: Progress) -> DatasetContent:
    from torchvision.datasets import SVHN

    paths = locate_or_download("svhn", [tuple(SVHN.split_list[part]) for part in ("train", "test")], progress)
    (train, train_labels), (test, test_labels) = (_read_mat(path) for path in paths)
    pixels = np.concatenate([train, test])
    table = pa.table({"source": sources("svhn", len(pixels)), "label": pa.array([*train_labels, *test_labels], pa.string())})
    return DatasetContent({"image": NewField("image", pixels, {})}, table, official_split(len(train), len(test)))


def _read_mat(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return pictures, uint8 ``(n, 3, 32, 32)``, and digits. In the file, samples are the last axis, and 0 is called 10."""
    from scipy.io import loadmat

    try:
        content = loadmat(path, variable_names=["X", "y"])
        return np.ascontiguousarray(content["X"].transpose(3, 2, 0, 1)), [str(digit % 10) for digit in content["y"].ravel()]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} cannot be read: {error}", "Remove the file, so that it is downloaded again") from None


DATASET = BuiltinDataset("svhn", "SVHN", "99,289 colour pictures of house numbers, 32 × 32 pixels (Netzer et al. 2011).", _build)
