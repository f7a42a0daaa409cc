"""Points taken out of a figure: each sample keeps its place, look and words, and other colours leave the places alone."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.ui.components.linked.points import LEVELS
from aeexplorer.views.base import LinkedFigure, Marks
from tests.ui.components.linked.test_codec import both, read

IDS = st.lists(st.integers(0, 2**31 - 1), unique=True, min_size=1, max_size=400)
COLOURS = ("#102030", "#405060", "#708090")


def by_part(ids: list[int], parts: int = 3) -> LinkedFigure:
    """Samples at places that follow from their ids, in traces that do too."""
    traces, marks = [], []
    for part in range(parts):
        some = [sample for sample in ids if sample % parts == part]
        marker = {"color": COLOURS[part], "symbol": "diamond" if part else "circle", "size": 4, "opacity": 0.9}
        x, y = [s % 997 / 7 for s in some], [s % 89 / 3 for s in some]
        traces.append(go.Scattergl(x=x, y=y, mode="markers", name=str(part), marker=marker))
        marks.append(Marks(part, np.array(some, np.int32)))
    return LinkedFigure(go.Figure(traces), tuple(marks))


def on_scale(ids: list[int], text: list[str] | None = None) -> LinkedFigure:
    values = [sample % 51 for sample in ids]
    marker = {"color": values, "colorscale": "Viridis", "cmin": 10, "cmax": 40, "showscale": True, "size": 4, "opacity": 0.9}
    x, y = [s % 997 / 7 for s in ids], [s % 89 / 3 for s in ids]
    trace = go.Scattergl(x=x, y=y, mode="markers", name="error", marker=marker, text=text)
    return LinkedFigure(go.Figure(trace), (Marks(0, np.array(ids, np.int32)),))


def drawn(linked: LinkedFigure) -> tuple[dict[str, Any], dict[str, Any]]:
    """Places and figure as the browser reads them."""
    payload = both(linked)
    assert payload.places is not None
    figure = read(payload.figure)
    assert figure["points"]["places"] == payload.places[:8].hex()
    return read(payload.places), figure


@given(IDS, st.randoms(use_true_random=False))
def test_every_sample_keeps_its_place_and_its_look(ids: list[int], random: Any) -> None:
    random.shuffle(ids)
    places, figure = drawn(by_part(ids))
    assert list(places["ids"]) == sorted(ids)
    np.testing.assert_allclose(places["x"], [s % 997 / 7 for s in sorted(ids)], rtol=1e-6)
    np.testing.assert_allclose(places["y"], [s % 89 / 3 for s in sorted(ids)], rtol=1e-6)
    looks = [figure["points"]["looks"][code] for code in figure["points"]["codes"]]
    assert [look["trace"] for look in looks] == [s % 3 for s in sorted(ids)]
    assert all(look["color"] == COLOURS[look["trace"]] for look in looks)
    assert all((look["symbol"] == "diamond") == (look["trace"] > 0) for look in looks)
    assert figure["points"]["text"] is None
    assert figure["marks"] == []
    assert all(trace["x"] == [None] for trace in figure["figure"]["data"])


@given(IDS)
def test_other_colours_and_order_leave_the_places_alone(ids: list[int]) -> None:
    assert both(by_part(ids)).places == both(on_scale(ids[::-1])).places
    assert both(by_part(ids)).figure != both(on_scale(ids)).figure


def test_colours_follow_the_scale() -> None:
    ids = list(range(300))
    _, figure = drawn(on_scale(ids, [f"sample {i % 7}" for i in ids]))
    shown = [figure["points"]["looks"][code]["value"] for code in figure["points"]["codes"]]
    np.testing.assert_allclose(shown, np.clip([i % 51 for i in ids], 10, 40), atol=30 / LEVELS)
    assert figure["points"]["text"] == [f"sample {i % 7}" for i in ids]
    marker = figure["figure"]["data"][0]["marker"]
    assert (marker["cmin"], marker["cmax"], marker["showscale"]) == (10, 40, True)


def test_a_hundred_thousand_points_are_small() -> None:
    ids = np.random.default_rng(0).permutation(200_000)[:100_000].tolist()
    payload = both(by_part(ids))
    assert payload.places is not None
    assert len(payload.places) < 850_000
    assert len(payload.figure) < 110_000


@pytest.mark.parametrize(
    "trace",
    [
        go.Scattergl(x=[1, 2], y=[3, 4], mode="lines+markers", marker={"color": "red"}),
        go.Scattergl(x=[1, 2], y=[3, 4], mode="markers", marker={"color": "red", "size": [3, 9]}),
        go.Scattergl(x=["a", "b"], y=[3, 4], mode="markers", marker={"color": "red"}),
        go.Scatter3d(x=[1, 2], y=[3, 4], z=[5, 6], mode="markers", marker={"color": "red"}),
    ],
)
def test_other_marks_stay_with_plotly(trace: Any) -> None:
    payload = both(LinkedFigure(go.Figure(trace), (Marks(0, np.array([7, 3], np.int32)),)))
    assert payload.places is None
    figure = read(payload.figure)
    assert figure["points"] is None
    assert figure["marks"][0]["ids"].tolist() == [7, 3]
    assert list(figure["figure"]["data"][0]["x"]) == list(trace.x)
