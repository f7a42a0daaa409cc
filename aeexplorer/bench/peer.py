"""What linking takes with Streamlit alone: a lasso in one `st.plotly_chart`, the other one redrawn by the script.

`streamlit run peer.py -- POINTS.npy`, float32 ``(n, 2)``.
"""

import sys

import numpy as np
import plotly.graph_objects as go
import streamlit as st


def page(positions: np.ndarray) -> None:
    """Two charts of positions float32 ``(n, 2)``; what is selected in the first is not faded in the second."""
    points = go.Scattergl(x=positions[:, 0], y=positions[:, 1], mode="markers", marker={"size": 4})
    left, right = st.columns(2)
    with left:
        lasso = go.Figure(points, {"dragmode": "lasso", "uirevision": "kept"})
        event = st.plotly_chart(lasso, key="first", on_select="rerun", selection_mode="lasso")
    with right:
        linked = go.Figure(points)
        if chosen := event.selection.point_indices:
            linked.update_traces(selectedpoints=chosen, unselected={"marker": {"opacity": 0.1}})
        st.plotly_chart(linked, key="second")


if __name__ == "__main__":
    page(np.load(sys.argv[1], allow_pickle=False))
