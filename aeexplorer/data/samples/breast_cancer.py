"""Breast cancer, as in scikit-learn: thirty measurements of the cell nuclei of tumours, malignant or benign."""

from aeexplorer.data.samples._tables import load_table
from aeexplorer.data.samples.base import BuiltinDataset

DATASET = BuiltinDataset(
    "breast-cancer",
    "Breast cancer",
    "569 tumours by 30 measurements of their cell nuclei, malignant or benign (UCI, as in scikit-learn).",
    lambda progress: load_table("load_breast_cancer", "tumour", progress),
)
