import numpy as np
import pyarrow as pa

from aeexplorer.views.charts.column import MAX_TEXT_BARS, column_figure


def bars(values: pa.Array) -> tuple[list[int], list[int]]:
    """Return the heights of the bars, and the number of samples in each group."""
    ids = np.arange(len(values), dtype=np.int32) * 3
    figure = column_figure("<b>n</b>", values, ids)
    groups = figure.marks[0].groups
    assert groups is not None
    heights = figure.figure.data[0].y.tolist()
    return heights, np.bincount(groups[groups >= 0], minlength=len(heights)).tolist()


def test_numbers_fall_into_even_bins_and_missing_ones_into_none() -> None:
    values = pa.array([0.0, 0.1, 29.9, 30.0, None, 15.2], pa.float64())
    heights, counted = bars(values)
    assert heights == counted
    assert (heights[0], heights[15], heights[-1], sum(heights)) == (2, 1, 2, 5)
    assert "1 of 6 missing" in column_figure("n", values, np.arange(6)).caption


def test_few_whole_numbers_have_a_bar_each() -> None:
    assert bars(pa.array([7, 2, 7, None, 1000]))[0] == [1, 2, 1]


def test_rare_texts_share_the_last_bar() -> None:
    values = pa.array([f"name {i}" for i in range(MAX_TEXT_BARS + 5)] + ["name 0"] * 3 + [None])
    heights, counted = bars(values)
    assert heights == counted
    assert len(heights) == MAX_TEXT_BARS + 1
    assert heights[-1] == 5


def test_texts_are_in_natural_order_and_escaped() -> None:
    figure = column_figure("<b>n</b>", pa.array(["10", "9", "<i>", "9"]), np.arange(4)).figure
    assert list(figure.layout.xaxis.ticktext) == ["9", "10", "&lt;i>"]
    assert figure.layout.xaxis.title.text == "&lt;b>n&lt;/b>"


def test_missing_values_give_an_empty_chart() -> None:
    assert sum(bars(pa.array([None, None], pa.float64()))[0]) == 0
