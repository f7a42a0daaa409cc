"""The page of `linked_app.py`: some linked charts, switches for what they show, and what Python knows of it."""

import hashlib

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from linked_data import BINS, CODES, rows_shown, samples

from aeexplorer.ui.components.linked import VisibleArea, linked_chart
from aeexplorer.ui.session.selection import Selection
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.maps.overlay import stops_overlay

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999", "#332288", "#882255"]


@st.cache_resource
def map_figure(count: int, colour: str, rows: str) -> LinkedFigure:
    data = samples(count)
    order = rows_shown(count, rows)
    x, y = data.xyz[order, 0], data.xyz[order, 1]
    if colour == "error":
        marker = {"color": data.error[order], "colorscale": "Viridis", "showscale": True, "size": 5}
        text = [f"digit {label}" for label in data.label[order]]
        traces = [go.Scattergl(x=x, y=y, mode="markers", marker=marker, text=text)]
        marks = [Marks(0, data.ids[order])]
    else:
        groups = [np.flatnonzero(data.label[order] == label) for label in range(10)]
        traces = [
            go.Scattergl(x=x[at], y=y[at], mode="markers", name=f"<i>{label}</i>", marker={"color": COLOURS[label], "size": 5})
            for label, at in enumerate(groups)
        ]
        marks = [Marks(trace, data.ids[order[at]]) for trace, at in enumerate(groups)]
    path = go.Scatter(x=[-3, 3], y=[0, 0], mode="lines+markers", name="path", line={"color": "#888"})
    figure = go.Figure([*traces, path], {"title": {"text": "Latent map"}})
    caption = f"showing {len(order):,} of {count:,} · trustworthiness 0.97"
    return LinkedFigure(figure, tuple(marks), decode_plane="latents", caption=caption)


@st.cache_resource
def histogram(count: int) -> LinkedFigure:
    data = samples(count)
    traces, marks = [], []
    for part, colour in enumerate(COLOURS[:2]):
        rows = np.flatnonzero(data.label % 2 == part)
        counts = np.bincount(data.bins[rows], minlength=BINS)
        middles = (data.edges[:-1] + data.edges[1:]) / 2
        traces.append(go.Bar(x=middles, y=counts, name=["even", "odd"][part], marker={"color": colour}))
        marks.append(Marks(part, data.ids[rows], data.bins[rows]))
    figure = go.Figure(traces, {"title": {"text": "Reconstruction error"}, "barmode": "stack"})
    return LinkedFigure(figure, tuple(marks))


@st.cache_resource
def codebook(count: int) -> LinkedFigure:
    data = samples(count)
    usage = np.bincount(data.codes.ravel(), minlength=CODES)
    bars = go.Bar(x=np.arange(CODES), y=usage, marker={"color": COLOURS[2]})
    figure = go.Figure(bars, {"title": {"text": "Codebook"}})
    return LinkedFigure(figure, (Marks(0, data.ids, data.codes),))


@st.cache_resource
def cloud(count: int) -> LinkedFigure:
    data = samples(count)
    x, y, z = data.xyz.T
    marker = {"color": data.error, "colorscale": "Viridis", "size": 3}
    figure = go.Figure(go.Scatter3d(x=x, y=y, z=z, mode="markers", marker=marker), {"title": {"text": "Latent cloud"}})
    return LinkedFigure(figure, (Marks(0, data.ids),))


def clear() -> None:
    st.session_state.selection = st.session_state.selection.replaced(None)


def lay() -> None:
    st.session_state.laid += 1


def pick() -> None:
    st.session_state.selection = st.session_state.selection.replaced(samples(count).ids[:7])


st.set_page_config(layout="wide")
count = int(st.query_params.get("n", "600"))
shown = st.query_params.get("charts", "map,other,error,codes").split(",")
run = st.query_params.get("run", "pictures")
st.session_state.setdefault("selection", Selection())
st.session_state.setdefault("runs", 0)
st.session_state.setdefault("laid", 1)


@st.fragment
def charts() -> None:
    left, middle, right, far = st.columns(4)
    colour = left.radio("Colour", ["label", "error"], horizontal=True)
    rows = middle.radio("Rows", ["all", "half"], horizontal=True)
    right.button("Clear", on_click=clear)
    far.button("Pick", on_click=pick)
    far.text_input("Find")
    far.button("Lay", on_click=lay)
    stops = np.arange(2 * st.session_state.laid, dtype=np.float32).reshape(-1, 2)
    over = [stops_overlay(stops)] if "over" in st.query_params else None
    figures = {
        "map": lambda: map_figure(count, colour, rows),
        "other": lambda: map_figure(count, "label", "half"),
        "error": lambda: histogram(count),
        "codes": lambda: codebook(count),
        "cloud": lambda: cloud(count),
    }
    events = {}
    for place, name in zip([*st.columns(2), *st.columns(2)], shown, strict=False):
        with place:
            options = {"height": 340, "selection": st.session_state.selection, "more": "more" in st.query_params}
            options |= {"overlays": over} if name == "map" else {}
            events[name] = linked_chart(figures[name](), key=name, run=run, **options)
    latest = max(events.values(), key=lambda event: event.version)
    event = latest if latest.version > st.session_state.selection.version else None
    st.session_state.selection = st.session_state.selection.after(events.values())
    ids = st.session_state.selection.ids
    chosen = np.unique(ids).astype("<i4")
    digest = hashlib.sha256(chosen.tobytes()).hexdigest()[:12]
    clicked = f"{event.clicked} {event.clicked_group}" if event else "None None"
    st.session_state.runs += 1
    sight = VisibleArea.of(st.session_state.get("map", {}))
    st.text("python sees all" if sight is None else f"python sees {sight.revision} {sight.x[0]} to {sight.x[1]}")
    st.text(f"python holds {len(chosen)} {digest} clicked {clicked} runs {st.session_state.runs}")


charts()
