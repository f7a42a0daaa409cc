"""The maps of the runs, each laid over the first one's, with one selection."""

from dataclasses import dataclass, replace

import streamlit as st

from aeexplorer.analysis.alignment import aligned
from aeexplorer.analysis.colouring import colouring
from aeexplorer.analysis.comparison import cheap_map, figures_of
from aeexplorer.analysis.projection import Projection
from aeexplorer.analysis.projections import method_of
from aeexplorer.training.run import Run
from aeexplorer.ui import held, state
from aeexplorer.ui.compare.choose import LETTERS
from aeexplorer.ui.linked import Selection, linked_chart
from aeexplorer.ui.state import CompareState
from aeexplorer.ui.stored import mark_of
from aeexplorer.ui.widgets import escape
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.latent_map import label_texts, latent_map

HEIGHT = 330


@dataclass(frozen=True)
class Laid:
    """A run's map on the page."""

    made: Projection
    method: str
    disparity: float | None
    """Of the alignment; None for the first map, and where there was nothing to align by."""


def draw_maps(shown: CompareState, runs: list[Run]) -> Selection:
    """A column a run: what it is called, and its map; returns the page's selection after what was done in the maps."""
    folder = runs[0].folder / "selections"
    selection = held.read_selection(shown.page, shown.selection, folder, runs[0].dataset.n)
    events = []
    for i, (column, run) in enumerate(zip(st.columns(len(runs), gap="small"), runs, strict=True)):
        with column:
            found = figures_of(run)
            st.markdown(
                f"**{LETTERS[i]}** · {escape(run.name)}  \n"
                f":small[:gray[{found.split} error {found.mse:.5f} · PCA, {found.components} components: {found.pca:.5f}]]"
            )
            figure = _figure((_mark(runs[0]), _mark(run), shown.colour), runs[0], run, shown.colour)
            key = f"compare-map-{i}"
            events.append(linked_chart(figure, key=key, run=run.id, height=HEIGHT, selection=selection, page=shown.page))
    selection = selection.after(events)
    keep_selection(shown, runs, selection)
    return selection


def keep_selection(shown: CompareState, runs: list[Run], selection: Selection) -> None:
    """Let the page's state say the selection where it is news."""
    written = held.written_selection(shown.page, selection, runs[0].folder / "selections")
    if written is not None:
        state.update(shown, selection=written)


def _mark(run: Run) -> tuple[str, str]:
    return run.id, mark_of(run.id)


@st.cache_resource(max_entries=64, show_spinner=False)
def _laid(key: tuple[object, ...], _first: Run, _run: Run) -> Laid:
    made = cheap_map(_run)
    if _run.id == _first.id:
        return Laid(made, made.method, None)
    moved, disparity = aligned(made, cheap_map(_first))
    return Laid(moved, made.method, disparity)


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(key: tuple[object, ...], _first: Run, _run: Run, colour: str) -> LinkedFigure:
    laid = _laid(key[:2], _first, _run)
    ids = laid.made.ids
    figure = latent_map(laid.made, colouring(_run, colour, ids), label_texts(_run, ids), (), f"{_first.id}:{_run.id}")
    figure.figure.update_layout(
        margin={"t": 12},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "font": {"size": 11}, "title": {"text": ""}},
        xaxis={"title": {"text": ""}, "showticklabels": False},
        yaxis={"title": {"text": ""}, "showticklabels": False},
    )
    title = method_of(laid.method).title
    words = title if laid.disparity is None else f"{title}, laid over A: {1 - laid.disparity:.0%} the same shape"
    return replace(figure, caption=f"{words} · {figure.caption}")
