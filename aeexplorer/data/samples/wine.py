"""Wine, as in scikit-learn: thirteen chemical measurements of wines from three growers."""

from aeexplorer.data.samples._tables import load_table
from aeexplorer.data.samples.base import BuiltinDataset

DATASET = BuiltinDataset(
    "wine",
    "Wine",
    "178 wines by 13 chemical measurements, from three growers (UCI, as in scikit-learn).",
    lambda progress: load_table("load_wine", "wine", progress),
)
