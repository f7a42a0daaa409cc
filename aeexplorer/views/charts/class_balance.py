"""Bars of the number of samples of each label in each split."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.data.dataset import Dataset
from aeexplorer.data.split import SPLITS
from aeexplorer.views.palette import colour_of

HEIGHT = 240
MAX_LABELS = 40
"""Number of labels that are drawn, the most frequent ones."""


def class_balance(dataset: Dataset) -> go.Figure:
    """Draw a stacked bar for each label, divided by split. Without labels, draw one bar for each split."""
    figure = go.Figure()
    labels = dataset.labels
    if labels is None:
        counts = np.bincount(dataset.split, minlength=len(SPLITS))
        figure.add_bar(x=list(SPLITS), y=counts, marker_color=[colour_of(i) for i in range(len(SPLITS))])
    else:
        names = dataset.label_names
        totals = np.bincount(labels[labels >= 0], minlength=len(names))
        most_frequent = np.sort(np.argsort(-totals, kind="stable")[:MAX_LABELS])
        for i, split in enumerate(SPLITS):
            within = labels[(dataset.split == i) & (labels >= 0)]
            if len(within):
                counts = np.bincount(within, minlength=len(names))[most_frequent]
                figure.add_bar(x=[names[k] for k in most_frequent], y=counts, name=split, marker_color=colour_of(i))
    figure.update_xaxes(type="category")
    figure.update_yaxes(title="samples")
    figure.update_layout(
        barmode="stack",
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        legend={"orientation": "h", "y": 1.15, "traceorder": "normal"},
    )
    return figure
