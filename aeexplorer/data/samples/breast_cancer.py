"""The cell nuclei that come with scikit-learn: thirty measurements of each tumour, malignant or benign."""

from aeexplorer.data.samples._measured import measured
from aeexplorer.data.samples.base import Sample

SAMPLE = Sample(
    "breast-cancer",
    "Breast cancer",
    "569 tumours by 30 measurements of their cell nuclei, malignant or benign (UCI, as in scikit-learn).",
    lambda progress: measured("load_breast_cancer", "tumour", progress),
)
