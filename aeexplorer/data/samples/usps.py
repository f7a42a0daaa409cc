"""USPS, handwritten digits from envelopes, in the text format of LIBSVM, with torchvision's addresses and checksums."""

import bz2
from pathlib import Path

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples._raw import locate_or_download
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, official_split, sources


def _build(progress: Progress) -> DatasetContent:
    from torchvision.datasets import USPS

    paths = locate_or_download("usps", [tuple(USPS.split_list[part]) for part in ("train", "test")], progress)
    (train, train_labels), (test, test_labels) = (_read_libsvm(path) for path in paths)
    pixels = np.concatenate([train, test])
    table = pa.table({"source": sources("usps", len(pixels)), "label": pa.array([*train_labels, *test_labels], pa.string())})
    return DatasetContent({"image": NewField("image", pixels, {})}, table, official_split(len(train), len(test)))


def _read_libsvm(path: Path) -> tuple[np.ndarray, list[str]]:
    """Return pictures, uint8 ``(n, 1, 16, 16)``, and digits. A line holds digit + 1, then 256 ``index:value`` in [-1, 1]."""
    try:
        rows = [line.split() for line in bz2.decompress(path.read_bytes()).decode("ascii").splitlines()]
        levels = np.array([[value.partition(":")[2] for value in row[1:]] for row in rows], np.float32)
        pixels = np.rint((levels + 1) * 127.5).astype(np.uint8).reshape(-1, 1, 16, 16)
        return pixels, [str(int(row[0]) - 1) for row in rows]
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}", "Remove the file, so that it is downloaded again") from None


DATASET = BuiltinDataset("usps", "USPS", "9,298 digits from envelopes, 16 × 16 pixels (Hull 1994).", _build)
