"""Columns of the dataset as linked charts. A drag over bars selects their samples in every view."""

import hashlib

import numpy as np
import orjson
import pyarrow as pa
import streamlit as st

from aeexplorer.analysis.samples.filtering import column_values, filterable_columns
from aeexplorer.analysis.samples.tags import tags_version
from aeexplorer.analysis.sampling import sample_count_text
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.column import column_figure

MAX_COLUMNS, DEFAULT_COLUMNS = 6, 3
"""Largest and default number of charts."""
HEIGHT = 140
_CHOSEN = "explore.columns chosen"


def _draw(scene: Scene) -> None:
    offered = [name for name in filterable_columns(scene.run) if name != "id"]
    chosen = _chosen_columns(scene, offered)
    state.put({_CHOSEN: chosen})
    st.multiselect(
        "Columns",
        offered,
        max_selections=MAX_COLUMNS,
        key=_CHOSEN,
        on_change=_choose_columns,
        args=(scene,),
        placeholder="Choose columns",
        help="Drag over bars, or click one, to select their samples in every view.",
    )
    for name in chosen:
        scene.chart(_figure(scene, name), f"column-{offered.index(name)}", height=HEIGHT)
    st.caption(sample_count_text(len(scene.ids), scene.run.dataset.n))


def _chosen_columns(scene: Scene, offered: list[str]) -> list[str]:
    """Return the columns that the address names, or the first columns if it names none."""
    try:
        names = orjson.loads(scene.state.columns or "null")
    except orjson.JSONDecodeError:
        names = None
    if not isinstance(names, list):
        return offered[:DEFAULT_COLUMNS]
    return [name for name in names if name in offered][:MAX_COLUMNS]


def _choose_columns(scene: Scene) -> None:
    scene.change(columns=orjson.dumps(state.get(_CHOSEN, [])).decode())


def _figure(scene: Scene, name: str) -> LinkedFigure:
    run, ids = scene.run, scene.ids
    key = (run.id, version_of(run.id), tags_version(run), hashlib.sha256(ids.tobytes()).hexdigest())
    return _cached_figure(key, name, run, ids)


@st.cache_resource(max_entries=48, show_spinner=False)
def _cached_figure(key: tuple[str, ...], name: str, _run: Run, _ids: np.ndarray) -> LinkedFigure:
    return column_figure(name, column_values(_run, name).take(pa.array(_ids)), _ids)


PANEL = Panel("columns", "Columns", "samples", 14, frozenset({"results"}), _draw)
