"""A page that links two charts with Streamlit alone: a lasso in one `st.plotly_chart` makes the script redraw the other.

`streamlit run peer.py -- POINTS.npy`, float32 ``(n, 2)``.
"""

import sys

import numpy as np
import plotly.graph_objects as go
import streamlit as st


def draw_page(positions: np.ndarray) -> None:
    """Draw two charts of positions, float32 ``(n, 2)``. A selection in the first fades the other points in the second."""
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
    draw_page(np.load(sys.argv[1], allow_pickle=False))
