"""The page's side: whose selection stands, and what a script sees of the component."""

import numpy as np
from streamlit.testing.v1 import AppTest

from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.session.selection import Selection, pack_ids
from aeexplorer.views.maps.overlay import path_overlay


def test_the_later_selection_stands() -> None:
    mine = Selection()
    lasso = ChartEvent(version=50, selected=np.array([3, 4], np.int32))
    older = ChartEvent(version=40, selected=np.array([9], np.int32))
    after = mine.after([older, lasso, ChartEvent()])
    assert (after.version, after.ids.tolist()) == (50, [3, 4])
    assert after.after([older, lasso]) is after
    assert after.replaced(np.array([4, 3, 4])) is after
    cleared = after.replaced(None)
    assert cleared.packed is None
    assert cleared.after([older, lasso]) is cleared
    assert cleared.after([ChartEvent(version=60, selected=np.array([1], np.int32))]).version == 60


def two_charts() -> None:
    import numpy as np
    import plotly.graph_objects as go
    import streamlit as st

    from aeexplorer.ui.components.linked import linked_chart, take_events
    from aeexplorer.ui.session.selection import Selection
    from aeexplorer.views.base import LinkedFigure, Marks

    events = take_events("page")
    st.text(" ".join(f"{key} {event.version} {event.clicked}" for key, event in sorted(events.items())))
    figure = LinkedFigure(go.Figure(go.Scattergl(x=[1, 2], y=[1, 2])), (Marks(0, np.array([4, 2], np.int32)),))
    for key, page in (("page-one", "page"), ("page-two", "page"), ("page-other", "other page")):
        linked_chart(figure, key=key, run="r1", selection=Selection(), page=page)


def test_events_are_taken_once_before_the_charts_are_drawn() -> None:
    def report(app: AppTest, key: str, version: int, clicked: int) -> str:
        click = {"id": clicked, "group": None, "x": 0.5, "y": 1.0}
        app.session_state[key] = {"event": {"version": version, "ids": None, "click": click}}
        app.run()
        assert not app.exception
        return str(app.text[0].value)

    app = AppTest.from_function(two_charts).run()
    assert app.text[0].value == ""
    assert report(app, "page-one", 7, 4) == "page-one 7 4"
    assert report(app, "page-two", 5, 2) == "page-two 5 2"
    assert report(app, "page-two", 5, 2) == ""
    assert report(app, "page-other", 9, 2) == ""


def script() -> None:
    import numpy as np
    import plotly.graph_objects as go
    import streamlit as st

    from aeexplorer.ui.components.linked import linked_chart
    from aeexplorer.ui.session.selection import Selection
    from aeexplorer.views.base import LinkedFigure, Marks

    figure = LinkedFigure(go.Figure(go.Scattergl(x=[1, 2], y=[1, 2])), (Marks(0, np.array([4, 2], np.int32)),))
    event = linked_chart(figure, key="map", run="r1", selection=Selection(), overlays=st.session_state.get("over"))
    selected = None if event.selected is None else event.selected.tolist()
    st.text(f"{event.version} {selected} {event.clicked} {event.clicked_group} {event.x}")


def test_a_script_sees_what_was_done_in_the_chart() -> None:
    app = AppTest.from_function(script).run()
    assert not app.exception
    assert app.text[0].value == "0 None None None None"
    click = {"id": 4, "group": None, "x": 0.5, "y": 1.0}
    app.session_state["map"] = {"event": {"version": 7, "ids": pack_ids(np.array([4, 2])), "click": click}}
    app.run()
    assert app.text[0].value == "7 [2, 4] 4 None 0.5"


def test_other_overlays_leave_the_figure_as_it_was_sent() -> None:
    def sent(app: AppTest) -> list[bytes]:
        assert not app.exception
        return [piece.proto.bytes for piece in app.get("bidi_component") if piece.proto.bytes]

    app = AppTest.from_function(script).run()
    (figure,) = sent(app)
    assert b'"overlaid":false' in figure
    app.session_state["over"] = []
    overlaid, none = sent(app.run())
    assert b'"overlaid":true' in overlaid
    app.session_state["over"] = [path_overlay(np.eye(2, dtype=np.float32))]
    again, some = sent(app.run())
    assert again == overlaid
    assert some != none
