"""The codes on a map: by UMAP of their entries as soon as it is made, by PCA until then."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.code_map import code_methods, code_positions
from aeexplorer.analysis.codebook import codebook_size, codes_of, samples_using, usage
from aeexplorer.analysis.projections import method_of
from aeexplorer.training.run import Run
from aeexplorer.ui import projector, state
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.widgets import escape
from aeexplorer.views.code_map import code_at, code_map

HEIGHT = 410
DIMS = 2
"""As of any map: its process has the slow methods ready."""
_CLICKED = "explore.codemap clicked"


def show_map(scene: Scene) -> None:
    """Dots sized by use; a click lights up the samples that hold the code."""
    run = scene.run
    best = code_methods(run)[0]
    xy, awaited = code_positions(run, best), False
    if xy is None:
        standing = projector.ask(run.id, f"codes {best}", DIMS)
        awaited = standing.state not in ("ready", "failed")
        if standing.state == "failed":
            st.badge(escape(f"{method_of(best).title}: {standing.reason}"), icon=":material/info:", color="gray")
        best = "pca"
        xy = code_positions(run, best)
        assert xy is not None
    some = None
    if len(scene.selected):
        some = np.bincount(np.asarray(codes_of(run)[scene.selected]).ravel(), minlength=codebook_size(run))
    counts = usage(run).counts
    words = f"{len(counts):,} codes by {method_of(best).title} of their entries · larger is used more often"
    if awaited:
        words += f" · {method_of(code_methods(run)[0]).title} is being made"
    if some is not None:
        words += f" · the selected samples use {np.count_nonzero(some):,} of them"
    figure = code_map(xy, counts, some, scene.state.code, f"{run.id}:{best}", words)
    event = scene.chart(figure, "codemap", height=HEIGHT)
    if event.version > state.keep(_CLICKED, 0):
        state.put({_CLICKED: event.version})
        if event.x is not None and event.y is not None:
            code = code_at(xy, event.x, event.y)
            scene.change(code=code)
            scene.light(samples_using(run, code, run.dataset.ids())[0])
            st.rerun()
    if awaited:
        _watch(run, code_methods(run)[0])


@st.fragment(run_every=1.0)
def _watch(run: Run, method: str) -> None:
    """Look every second whether the map is made; then draw the page again."""
    if projector.ask(run.id, f"codes {method}", DIMS).state in ("ready", "failed"):
        st.rerun()
