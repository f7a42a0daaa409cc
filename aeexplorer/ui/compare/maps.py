"""The maps side by side, with one selection. They may be coloured by how many neighbours they have in common."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.maps.overlap import Overlap
from aeexplorer.analysis.runs.judgement import judge
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

MAP_HEIGHT, HISTOGRAM_HEIGHT = 330, 130


def draw_maps(page_state: CompareState, sides: Sequence[Side], selection: Selection) -> None:
    """Draw a column for each map and, if they are coloured by overlap, a histogram of the overlap of A and B."""
    for i, (column, side) in enumerate(zip(st.columns(len(sides), gap="small"), sides, strict=True)):
        with column:
            st.markdown(_title(i, side))
            if side.note:
                st.badge(escape(side.note), icon=":material/hourglass_empty:", color="gray")
            version = colouring_version(sides[0].run, page_state.colour)
            figure = _figure(
                (side.version, page_state.colour, _counterpart(sides, i).version, version), sides, i, page_state.colour
            )
            key = f"{page_state.page}-map-{i}"
            linked_chart(figure, key=key, run=side.run.id, height=MAP_HEIGHT, selection=selection, page=page_state.page)
    if page_state.colour == OVERLAP:
        _draw_overlap(sides, selection)


def current_selection(page_state: CompareState, run: Run) -> Selection:
    """Return the page's selection after the events of its charts since the last script run; `run` is the first run."""
    selection = read_selection(page_state.page, page_state.selection, run.folder / "selections", run.dataset.n)
    selection = selection.after(take_events(page_state.page).values())
    write_selection(page_state, run, selection)
    return selection


def write_selection(page_state: CompareState, run: Run, selection: Selection) -> None:
    """Write the selection to the page's state if it changed. Long selections are stored with the first run."""
    text = store_selection(page_state.page, selection, run.folder / "selections")
    if text is not None:
        state.update(page_state, selection=text)


def _title(i: int, side: Side) -> str:
    if side.note or not side.run.finished:
        return f"**{LETTERS[i]}** · {escape(side.run.name)}"
    return f"**{LETTERS[i]}** · {escape(side.run.name)}  \n:small[:gray[{judge(side.run).summary}]]"


def _counterpart(sides: Sequence[Side], i: int) -> Side:
    """Return the map that map `i` is compared with: A is compared with B, all others with A."""
    return sides[0] if i else sides[1]


def _overlap(sides: Sequence[Side], i: int) -> Overlap:
    first, second = (sides[i], _counterpart(sides, i)) if i == 0 else (_counterpart(sides, i), sides[i])
    return overlap((first.version, second.version), first, second)


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(key: tuple[object, ...], _sides: Sequence[Side], i: int, colour: str) -> LinkedFigure:
    side = _sides[i]
    ids = side.aligned.ids
    owner = _sides[0].run if colour.startswith(TAG_PREFIX) else side.run
    if colour == OVERLAP:
        colours = Colouring(f"overlap with {'A' if i else 'B'}", _overlap(_sides, i).values_of(ids), None)
    else:
        colours = colouring(owner, colour, ids)
    zoom = f"{_sides[0].run.id}:{side.run.id}:{side.projection.method}"
    figure = latent_map(side.aligned, colours, label_texts(side.run, ids), zoom)
    figure.figure.update_layout(
        margin={"t": 12},
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "font": {"size": 11}, "title": {"text": ""}},
        xaxis={"title": {"text": ""}, "showticklabels": False},
        yaxis={"title": {"text": ""}, "showticklabels": False},
    )
    likeness = [] if side.disparity is None else [f"aligned to A: {1 - side.disparity:.0%} the same shape"]
    return replace(figure, caption=" · ".join([", ".join([side.title, *likeness]), figure.caption]))


def _draw_overlap(sides: Sequence[Side], selection: Selection) -> None:
    figure = _overlap_histogram((sides[0].version, sides[1].version), sides)
    linked_chart(
        figure, key="compare-overlap", run=sides[0].run.id, height=HISTOGRAM_HEIGHT, selection=selection, page=CompareState.page
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _overlap_histogram(key: tuple[object, ...], _sides: Sequence[Side]) -> LinkedFigure:
    overlaps = _overlap(_sides, 0)
    where = "on the two maps" if _sides[0].run.id == _sides[1].run.id else "in the latent spaces of A and B"
    figure = column_figure(f"neighbours that A and B share, of {overlaps.k}", pa.array(overlaps.shared_neighbours), overlaps.ids)
    mean = f"Jaccard index of each sample's {overlaps.k} nearest neighbours {where}: mean {overlaps.values.mean():.2f}"
    return replace(figure, caption=f"{mean} · {sample_count_text(len(overlaps.ids), _sides[0].run.dataset.n)}")
