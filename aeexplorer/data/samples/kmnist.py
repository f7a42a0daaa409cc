"""Kuzushiji-MNIST."""

from functools import partial

from aeexplorer.data.samples._idx import build
from aeexplorer.data.samples.base import BuiltinDataset

_CLASSES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")

DATASET = BuiltinDataset(
    "kmnist",
    "Kuzushiji-MNIST",
    "70,000 cursive Japanese characters of 28 × 28 pixels (Clanuwat et al. 2018, arXiv 1812.01718).",
    partial(build, "kmnist", "KMNIST", _CLASSES),
)
