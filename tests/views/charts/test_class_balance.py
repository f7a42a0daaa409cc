from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.views.charts.class_balance import MAX_LABELS, class_balance


def test_bars_count_each_label_in_each_split(trained: Any) -> None:
    dataset = trained.runs["vae"].dataset
    figure = class_balance(dataset)
    assert [trace.name for trace in figure.data] == list(SPLITS)
    for i, trace in enumerate(figure.data):
        assert list(trace.x) == dataset.label_names
        for name, count in zip(trace.x, trace.y, strict=True):
            label = dataset.label_names.index(name)
            assert count == np.sum((dataset.labels == label) & (dataset.split == i))


def test_without_labels_it_counts_splits(trained: Any) -> None:
    dataset = trained.runs["ae"].dataset
    (trace,) = class_balance(dataset).data
    assert list(trace.x) == list(SPLITS)
    assert sum(trace.y) == dataset.n


def test_only_the_most_frequent_labels_are_drawn(workspace: Workspace) -> None:
    labels = [f"l{i}" for i in [*range(100), *range(7)]]
    field = NewField("image", np.zeros((len(labels), 1, 4, 4), np.uint8), {})
    dataset = create_dataset(workspace, "many", {"image": field}, pa.table({"label": labels}), np.zeros(len(labels), np.int8))
    (trace,) = class_balance(dataset).data
    assert len(trace.x) == MAX_LABELS
    assert {f"l{i}" for i in range(7)} <= set(trace.x)
    assert sum(trace.y) == MAX_LABELS + 7
