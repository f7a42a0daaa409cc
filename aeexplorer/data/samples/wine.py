"""The wines that come with scikit-learn: thirteen measurements of each, three growers."""

from aeexplorer.data.samples._measured import measured
from aeexplorer.data.samples.base import Sample

SAMPLE = Sample(
    "wine",
    "Wine",
    "178 wines by 13 chemical measurements, from three growers (UCI, as in scikit-learn).",
    lambda progress: measured("load_wine", "wine", progress),
)
