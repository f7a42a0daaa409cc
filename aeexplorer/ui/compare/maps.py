"""The maps side by side, with one selection; coloured also by how far they agree on each sample's neighbours."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.maps.overlap import Overlap
from aeexplorer.analysis.runs.comparison import metrics_of
from aeexplorer.analysis.samples.colouring import Colouring, colouring, colouring_version
from aeexplorer.analysis.samples.tags import TAG_PREFIX
from aeexplorer.analysis.sampling import sample_count_text
from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import LETTERS, OVERLAP
from aeexplorer.ui.compare.sides import Side, overlap
from aeexplorer.ui.components.linked import linked_chart, take_events
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import CompareState
from aeexplorer.ui.session.selection import Selection, read_selection, store_selection
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.column import column_figure
from aeexplorer.views.maps.latent_map import label_texts, latent_map

HEIGHT, HISTOGRAM = 330, 130


def draw_maps(page_state: CompareState, sides: Sequence[Side], selection: Selection) -> None:
    """Draw one column for each map, and the histogram of how far A and B agree."""
    for i, (column, side) in enumerate(zip(st.columns(len(sides), gap="small"), sides, strict=True)):
        with column:
            st.markdown(_head(i, side))
            if side.note:
                st.badge(escape(side.note), icon=":material/hourglass_empty:", color="gray")
            version = colouring_version(sides[0].run, page_state.colour)
            figure = _figure((side.mark, page_state.colour, _others(sides, i).mark, version), sides, i, page_state.colour)
            key = f"{page_state.page}-map-{i}"
            linked_chart(figure, key=key, run=side.run.id, height=HEIGHT, selection=selection, page=page_state.page)
    if page_state.colour == OVERLAP:
        _draw_overlap(sides, selection)


def current_selection(page_state: CompareState, run: Run) -> Selection:
    """Return the page's selection after what was done in its charts since the last run; `run` is the first run."""
    selection = read_selection(page_state.page, page_state.selection, run.folder / "selections", run.dataset.n)
    selection = selection.after(take_events(page_state.page).values())
    write_selection(page_state, run, selection)
    return selection


def write_selection(page_state: CompareState, run: Run, selection: Selection) -> None:
    """Write the selection to the page's state where it changed; long selections are stored with the first run."""
    text = store_selection(page_state.page, selection, run.folder / "selections")
    if text is not None:
        state.update(page_state, selection=text)


def _head(i: int, side: Side) -> str:
    if side.note or not side.run.finished:
        return f"**{LETTERS[i]}** · {escape(side.run.name)}"
    found = metrics_of(side.run)
    return (
        f"**{LETTERS[i]}** · {escape(side.run.name)}  \n"
        f":small[:gray[{found.split} error {found.mse:.5f} · PCA, {found.components} components: {found.pca:.5f}]]"
    )


def _others(sides: Sequence[Side], i: int) -> Side:
    """Which map one is compared with: A, and A itself with B."""
    return sides[0] if i else sides[1]


def _overlap(sides: Sequence[Side], i: int) -> Overlap:
    first, second = (sides[i], _others(sides, i)) if i == 0 else (_others(sides, i), sides[i])
    return overlap((first.mark, second.mark), first, second)


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(key: tuple[object, ...], _sides: Sequence[Side], i: int, colour: str) -> LinkedFigure:
    side = _sides[i]
    ids = side.laid.ids
    owner = _sides[0].run if colour.startswith(TAG_PREFIX) else side.run
    if colour == OVERLAP:
        colours = Colouring(f"overlap with {'A' if i else 'B'}", _overlap(_sides, i).of(ids), None)
    else:
        colours = colouring(owner, colour, ids)
    zoom = f"{_sides[0].run.id}:{side.run.id}:{side.own.method}"
    figure = latent_map(side.laid, colours, label_texts(side.run, ids), zoom)
    figure.figure.update_layout(
        margin={"t": 12},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "font": {"size": 11}, "title": {"text": ""}},
        xaxis={"title": {"text": ""}, "showticklabels": False},
        yaxis={"title": {"text": ""}, "showticklabels": False},
    )
    shape = [] if side.disparity is None else [f"laid over A: {1 - side.disparity:.0%} the same shape"]
    return replace(figure, caption=" · ".join([", ".join([side.title, *shape]), figure.caption]))


def _draw_overlap(sides: Sequence[Side], selection: Selection) -> None:
    figure = _spread((sides[0].mark, sides[1].mark), sides)
    linked_chart(
        figure, key="compare-overlap", run=sides[0].run.id, height=HISTOGRAM, selection=selection, page=CompareState.page
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _spread(key: tuple[object, ...], _sides: Sequence[Side]) -> LinkedFigure:
    found = _overlap(_sides, 0)
    where = "on the two maps" if _sides[0].run.id == _sides[1].run.id else "in the latent spaces of A and B"
    figure = column_figure(f"neighbours that A and B share, of {found.k}", pa.array(found.shared), found.ids)
    said = f"Jaccard index of each sample's {found.k} nearest {where}: mean {found.values.mean():.2f}"
    return replace(figure, caption=f"{said} · {sample_count_text(len(found.ids), _sides[0].run.dataset.n)}")
