"""Tables of measurements that come with scikit-learn."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import DatasetContent, Progress, sources
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.tabular import column, with_statistics


def load_table(loader: str, noun: str, progress: Progress) -> DatasetContent:
    """Load a table of scikit-learn: a numeric field, and the class as label.

    Parameters
    ----------
    loader
        Name of the function in `sklearn.datasets`.
    noun
        What a row describes, for example ``"wine"``.
    progress
        Called once before reading.
    """
    from sklearn import datasets

    progress(0.1, f"reading each {noun}")
    bunch = getattr(datasets, loader)()
    rows = bunch.data.astype(np.float32)
    split = stratified_split(bunch.target, len(rows), SplitSettings())
    labels = [str(bunch.target_names[i]).replace("_", " ") for i in bunch.target]
    columns = with_statistics(rows, [column(str(name).replace("_", " ")) for name in bunch.feature_names], split == 0)
    table = pa.table({"source": sources(noun, len(rows)), "label": pa.array(labels, pa.string())})
    return DatasetContent({"table": NewField("tabular", rows, {"columns": columns})}, table, split)
