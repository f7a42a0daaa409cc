"""Digits, as in scikit-learn: 8 × 8 pixels. Needs no download, and trains in seconds."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.split import SplitSettings, stratified_split


def _build(progress: Progress) -> DatasetContent:
    from sklearn.datasets import load_digits

    progress(0.1, "reading the digits")
    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[:, None]
    table = pa.table({"source": sources("digit", len(pixels)), "label": pa.array(map(str, bunch.target.tolist()), pa.string())})
    split = stratified_split(bunch.target, len(pixels), SplitSettings())
    return DatasetContent({"image": NewField("image", pixels, {})}, table, split)


DATASET = BuiltinDataset("digits", "Digits", "1,797 handwritten digits of 8 × 8 pixels (UCI, as in scikit-learn).", _build)
