"""A map of the codes: UMAP of the codebook vectors, and PCA until UMAP is computed."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.analysis.codes.code_map import code_methods, code_positions
from aeexplorer.analysis.codes.codebook import codebook_size, codes_of, samples_using, usage
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.code_map import code_map, nearest_code

HEIGHT = 410
DIMS = 2
"""Dimensions of the map. Jobs with dimensions go to the background process for maps, which has UMAP loaded."""
_CHART = "codemap"


def show_map(scene: Scene) -> None:
    """Draw the map. The size of a dot shows how often its code is used."""
    run = scene.run
    best = code_methods(run)[0]
    method, xy = _best_positions(run)
    is_pending = False
    if method != best:
        status = background.request(run.id, f"codes {best}", DIMS)
        is_pending = status.state not in ("ready", "failed")
        if status.state == "failed":
            st.badge(escape(f"{method_of(best).title}: {status.reason}"), icon=":material/info:", color="gray")
    note = f" · {method_of(best).title} is being computed" if is_pending else ""
    key = (run.id, version_of(run.id), method, note, scene.state.code, str(scene.selection.packed))
    scene.chart(_figure(key, run, xy, method, note, scene.state.code, scene.selected), _CHART, height=HEIGHT)
    if is_pending:
        background.rerun_when_done(run.id, [f"codes {best}"], DIMS)


def choose_code_on_map(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Choose the code that was clicked, and select the samples that use it."""
    event, run = events.get(_CHART), scene.run
    if event is not None and event.x is not None and event.y is not None:
        code = nearest_code(_best_positions(run)[1], event.x, event.y)
        scene.change(code=code)
        scene.select(samples_using(run, code, run.dataset.ids())[0])


def _best_positions(run: Run) -> tuple[str, np.ndarray]:
    """Return the best method whose positions are computed, and the positions of the codes, float32 ``(K, 2)``."""
    return next((method, xy) for method in code_methods(run) if (xy := code_positions(run, method)) is not None)


@st.cache_resource(max_entries=32, show_spinner=False)
def _figure(
    key: tuple[object, ...], _run: Run, _xy: np.ndarray, method: str, note: str, code: int, _selected: np.ndarray
) -> LinkedFigure:
    counts, selected_counts = usage(_run).counts, None
    caption = f"{len(counts):,} codes by {method_of(method).title} of their vectors · larger dots are used more often{note}"
    if len(_selected):
        selected_counts = np.bincount(np.asarray(codes_of(_run)[_selected]).ravel(), minlength=codebook_size(_run))
        caption += f" · the selected samples use {np.count_nonzero(selected_counts):,} of them"
    return code_map(_xy, counts, selected_counts, code, f"{_run.id}:{method}", caption)
