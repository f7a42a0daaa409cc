"""Tables of measurements that scikit-learn brings along."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import Built, Progress, sources
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.tabular import column, with_statistics


def measured(loader: str, thing: str, progress: Progress) -> Built:
    """One of scikit-learn's tables: a numeric field and the class as label.

    Parameters
    ----------
    loader
        Its function in `sklearn.datasets`.
    thing
        What a row is about.
    progress
        Told that it is being read.
    """
    from sklearn import datasets

    progress(0.1, f"reading each {thing}")
    bunch = getattr(datasets, loader)()
    rows = bunch.data.astype(np.float32)
    split = stratified_split(bunch.target, len(rows), SplitSettings())
    labels = [str(bunch.target_names[i]).replace("_", " ") for i in bunch.target]
    columns = with_statistics(rows, [column(str(name).replace("_", " ")) for name in bunch.feature_names], split == 0)
    table = pa.table({"source": sources(thing, len(rows)), "label": pa.array(labels, pa.string())})
    return Built({"table": NewField("tabular", rows, {"columns": columns})}, table, split)
