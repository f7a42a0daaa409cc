"""Fashion-MNIST."""

from functools import partial

from aeexplorer.data.samples._idx import build
from aeexplorer.data.samples.base import BuiltinDataset

_CLASSES = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")

DATASET = BuiltinDataset(
    "fashion-mnist",
    "Fashion-MNIST",
    "70,000 pieces of clothing of 28 × 28 pixels (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747).",
    partial(build, "fashion-mnist", "FashionMNIST", _CLASSES),
)
