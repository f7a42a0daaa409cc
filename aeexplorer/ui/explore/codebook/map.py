"""The codes on a map: by UMAP of their entries as soon as it is made, by PCA until then."""

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
"""As of any map: its process has the slow methods ready."""
_CHART = "codemap"


def show_map(scene: Scene) -> None:
    """Dots sized by use; a click lights up the samples that hold the code."""
    run = scene.run
    best = code_methods(run)[0]
    method, xy = _laid(run)
    awaited = False
    if method != best:
        status = background.request(run.id, f"codes {best}", DIMS)
        awaited = status.state not in ("ready", "failed")
        if status.state == "failed":
            st.badge(escape(f"{method_of(best).title}: {status.reason}"), icon=":material/info:", color="gray")
    said = f" · {method_of(best).title} is being made" if awaited else ""
    key = (run.id, version_of(run.id), method, said, scene.state.code, str(scene.selection.packed))
    scene.chart(_figure(key, run, xy, method, said, scene.state.code, scene.selected), _CHART, height=HEIGHT)
    if awaited:
        _watch(run, best)


def choose_code_on_map(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Choose the code that was clicked, and select its samples."""
    event, run = events.get(_CHART), scene.run
    if event is not None and event.x is not None and event.y is not None:
        code = nearest_code(_laid(run)[1], event.x, event.y)
        scene.change(code=code)
        scene.select(samples_using(run, code, run.dataset.ids())[0])


def _laid(run: Run) -> tuple[str, np.ndarray]:
    """By which method the codes lie on the map now, the best of those that are made, and where: float32 ``(K, 2)``."""
    return next((method, xy) for method in code_methods(run) if (xy := code_positions(run, method)) is not None)


@st.cache_resource(max_entries=32, show_spinner=False)
def _figure(
    key: tuple[object, ...], _run: Run, _xy: np.ndarray, method: str, said: str, code: int, _selected: np.ndarray
) -> LinkedFigure:
    counts, some = usage(_run).counts, None
    words = f"{len(counts):,} codes by {method_of(method).title} of their entries · larger is used more often{said}"
    if len(_selected):
        some = np.bincount(np.asarray(codes_of(_run)[_selected]).ravel(), minlength=codebook_size(_run))
        words += f" · the selected samples use {np.count_nonzero(some):,} of them"
    return code_map(_xy, counts, some, code, f"{_run.id}:{method}", words)


@st.fragment(run_every=1.0)
def _watch(run: Run, method: str) -> None:
    """Look every second whether the map is made; then draw the page again."""
    if background.request(run.id, f"codes {method}", DIMS).state in ("ready", "failed"):
        st.rerun()
