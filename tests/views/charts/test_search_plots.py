"""Tests of the charts of a search."""

import numpy as np

from aeexplorer.training.search.space import Choices, Range
from aeexplorer.views.charts.search_plots import importance_bars, parallel_coordinates, search_history


def test_lines_go_through_the_values_of_the_trials() -> None:
    space = {"model.depth": Choices(values=(2, 4, 8)), "training.learning_rate": Range(low=1e-4, high=1e-2, log=True)}
    values = [{"model.depth": 8, "training.learning_rate": 1e-3}, {"model.depth": 2, "training.learning_rate": 1e-2}]
    axes = parallel_coordinates(space, values, [0.5, 0.2], "error").data[0].dimensions
    assert [axis.label for axis in axes] == ["Depth", "Learning rate", "error"]
    assert [axes[0].ticktext[axes[0].tickvals.index(place)] for place in axes[0]["values"]] == ["8", "2"]
    np.testing.assert_allclose(axes[1]["values"], [-3, -2])
    np.testing.assert_allclose([float(text) for text in axes[1].ticktext], 10 ** np.array(axes[1].tickvals), rtol=0.05)
    assert list(axes[2]["values"]) == [0.5, 0.2]


def test_the_best_so_far_never_rises() -> None:
    figure = search_history({1: 0.5, 2: 0.7, 4: 0.3, 5: 0.4}, {3: 0.9}, "error")
    found = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert found["best so far"] == ([1, 2, 4, 5], [0.5, 0.5, 0.3, 0.3])
    assert found["stopped early"] == ([3], [0.9])


def test_the_most_important_setting_is_on_top() -> None:
    figure = importance_bars({"training.learning_rate": 0.8, "model.depth": 0.2})
    assert list(figure.data[0].y) == ["Learning rate", "Depth"]
    assert figure.layout.yaxis.autorange == "reversed"
