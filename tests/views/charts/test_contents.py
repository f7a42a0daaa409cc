import numpy as np
import pytest

from aeexplorer.analysis.samples.statistics import BINS, FieldStatistics
from aeexplorer.views.charts.contents import lengths_figure, scaling_figure, values_figure


def found(values: np.ndarray) -> FieldStatistics:
    return FieldStatistics(9, 9, (), values, None)


def test_three_channels_are_red_green_and_blue() -> None:
    counts = np.zeros((3, BINS))
    counts[1, 5] = 40
    figure = values_figure(found(counts))
    assert [trace.name for trace in figure.data] == ["red", "green", "blue"]
    assert np.argmax(figure.data[1].y) == 5
    assert sum(figure.data[1].y) == pytest.approx(1)
    assert figure.layout.showlegend
    assert not values_figure(found(counts[:1])).layout.showlegend


def test_lengths_are_counted() -> None:
    figure = lengths_figure(np.array([3, 3, 7, 5]), "tokens")
    assert dict(zip(figure.data[0].x, figure.data[0].y, strict=True)) == {3: 2, 4: 0, 5: 1, 6: 0, 7: 1}
    assert figure.layout.xaxis.title.text == "tokens"
    long = lengths_figure(np.arange(1000), "steps")
    assert len(long.data[0].x) == 48
    assert sum(long.data[0].y) == 1000


def test_scalings_share_one_axis() -> None:
    figure = scaling_figure({"min-max": np.full(50, 0.01), "z-score": np.linspace(0.3, 0.7, 50)})
    assert [trace.name for trace in figure.data] == ["min-max", "z-score"]
    assert list(figure.data[0].x) == list(figure.data[1].x)
    assert max(figure.data[0].y) == 1
    assert scaling_figure({"min-max": np.empty(0)}).data[0].y is not None
