"""SVHN, digits of house numbers, in MATLAB files without code, with torchvision's addresses and checksums."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import located
from aeexplorer.data.samples.base import Built, Progress, Sample, official_split, sources


def _build(progress: Progress) -> Built:
    from torchvision.datasets import SVHN

    paths = located("svhn", [tuple(SVHN.split_list[part]) for part in ("train", "test")], progress)
    (train, train_labels), (test, test_labels) = (_read(path) for path in paths)
    pixels = np.concatenate([train, test])
    table = pa.table({"source": sources("svhn", len(pixels)), "label": pa.array([*train_labels, *test_labels], pa.string())})
    return Built({"image": NewField("image", pixels, {})}, table, official_split(len(train), len(test)))


def _read(path: Path) -> tuple[np.ndarray, list[str]]:
    """uint8 ``(n, 3, 32, 32)`` and the digits; the file has height, width, channels, samples, and calls the zero ten."""
    from scipy.io import loadmat

    try:
        content = loadmat(path, variable_names=["X", "y"])
        return np.ascontiguousarray(content["X"].transpose(3, 2, 0, 1)), [str(digit % 10) for digit in content["y"].ravel()]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} cannot be read: {error}", "Remove it, and let it be downloaded again") from None


SAMPLE = Sample("svhn", "SVHN", "99,289 colour pictures of house numbers, 32 × 32 pixels (Netzer et al. 2011).", _build)
