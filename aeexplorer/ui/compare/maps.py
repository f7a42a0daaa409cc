"""The maps side by side, with one selection; coloured also by how far they agree on each sample's neighbours."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.maps.overlap import Overlap
from aeexplorer.analysis.runs.comparison import figures_of
from aeexplorer.analysis.samples.colouring import Colouring, colour_mark, colouring
from aeexplorer.analysis.samples.tags import PREFIX
from aeexplorer.analysis.sampling import showing
from aeexplorer.training.run import Run
from aeexplorer.ui.compare.choose import LETTERS, OVERLAP
from aeexplorer.ui.compare.sides import Side, overlap
from aeexplorer.ui.components.linked import LinkedEvent, Selection, linked_chart
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import selected as held
from aeexplorer.ui.session import state
from aeexplorer.ui.session.state import CompareState
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.column import column_figure
from aeexplorer.views.maps.latent_map import label_texts, latent_map

HEIGHT, HISTOGRAM = 330, 130


def draw_maps(shown: CompareState, sides: Sequence[Side]) -> Selection:
    """A column a map, and how far A and B agree; returns the page's selection after what was done in them."""
    folder = sides[0].run.folder / "selections"
    selection = held.read_selection(shown.page, shown.selection, folder, sides[0].run.dataset.n)
    events = []
    for i, (column, side) in enumerate(zip(st.columns(len(sides), gap="small"), sides, strict=True)):
        with column:
            st.markdown(_head(i, side))
            if side.note:
                st.badge(escape(side.note), icon=":material/hourglass_empty:", color="gray")
            figure = _figure(
                (side.mark, shown.colour, _others(sides, i).mark, colour_mark(sides[0].run, shown.colour)), sides, i, shown.colour
            )
            key = f"compare-map-{i}"
            events.append(linked_chart(figure, key=key, run=side.run.id, height=HEIGHT, selection=selection, page=shown.page))
    if shown.colour == OVERLAP:
        events.append(_histogram(sides, selection))
    selection = selection.after(events)
    keep_selection(shown, sides[0].run, selection)
    return selection


def keep_selection(shown: CompareState, run: Run, selection: Selection) -> None:
    """Let the page's state say the selection where it is news; long ones lie with the first run."""
    written = held.written_selection(shown.page, selection, run.folder / "selections")
    if written is not None:
        state.update(shown, selection=written)


def _head(i: int, side: Side) -> str:
    if side.note or not side.run.finished:
        return f"**{LETTERS[i]}** · {escape(side.run.name)}"
    found = figures_of(side.run)
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
    owner = _sides[0].run if colour.startswith(PREFIX) else side.run
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


def _histogram(sides: Sequence[Side], selection: Selection) -> LinkedEvent:
    figure = _spread((sides[0].mark, sides[1].mark), sides)
    return linked_chart(
        figure, key="compare-overlap", run=sides[0].run.id, height=HISTOGRAM, selection=selection, page=CompareState.page
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _spread(key: tuple[object, ...], _sides: Sequence[Side]) -> LinkedFigure:
    found = _overlap(_sides, 0)
    where = "on the two maps" if _sides[0].run.id == _sides[1].run.id else "in the latent spaces of A and B"
    figure = column_figure(f"neighbours that A and B share, of {found.k}", pa.array(found.shared), found.ids)
    said = f"Jaccard index of each sample's {found.k} nearest {where}: mean {found.values.mean():.2f}"
    return replace(figure, caption=f"{said} · {showing(len(found.ids), _sides[0].run.dataset.n)}")
