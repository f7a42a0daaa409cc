"""MNIST."""

from functools import partial

from aeexplorer.data.samples._idx import build
from aeexplorer.data.samples.base import BuiltinDataset

_CLASSES = tuple("0123456789")

DATASET = BuiltinDataset(
    "mnist",
    "MNIST",
    "70,000 handwritten digits of 28 × 28 pixels (LeCun, Cortes, Burges).",
    partial(build, "mnist", "MNIST", _CLASSES),
)
