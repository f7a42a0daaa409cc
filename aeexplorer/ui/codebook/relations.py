"""Which codes occur together, and which labels use which codes; a click lights up the samples behind a cell."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from aeexplorer.analysis.code_relations import LabelUse, Together, held, label_use, together
from aeexplorer.analysis.codebook import codes_of
from aeexplorer.training.run import Run
from aeexplorer.ui import state
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.linked import LinkedEvent
from aeexplorer.ui.stored import mark_of
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.code_relations import label_figure, together_figure

HEIGHT = 420


def show_together(scene: Scene) -> None:
    """Codes against codes."""
    figure, found = _together((scene.run.id, mark_of(scene.run.id)), scene.run)
    event = scene.chart(figure, "together", height=HEIGHT)

    def behind(row: int, column: int) -> np.ndarray:
        wanted = found.codes[[row, column]]
        return np.flatnonzero(held(np.asarray(codes_of(scene.run)), np.unique(wanted)).all(1))

    _take(scene, event, "together", behind, (len(found.codes), len(found.codes)))


def show_labels(scene: Scene) -> None:
    """Labels against codes."""
    figure, found = _labels((scene.run.id, mark_of(scene.run.id)), scene.run)
    event = scene.chart(figure, "labels", height=HEIGHT)
    dataset = scene.run.dataset

    def behind(row: int, column: int) -> np.ndarray:
        label = dataset.label_names.index(found.labels[row])
        assert dataset.labels is not None
        holds = held(np.asarray(codes_of(scene.run)), found.codes[[column]])[:, 0]
        return np.flatnonzero(holds & (dataset.labels == label))

    _take(scene, event, "labels", behind, found.shares.shape)


def _take(scene: Scene, event: LinkedEvent, name: str, behind: Callable[[int, int], np.ndarray], shape: tuple[int, ...]) -> None:
    """Select the samples behind a cell that was clicked just now."""
    seen = f"explore.{name} clicked"
    if event.version <= state.keep(seen, 0):
        return
    state.put({seen: event.version})
    if event.x is None or event.y is None:
        return
    row, column = round(event.y), round(event.x)
    if 0 <= row < shape[0] and 0 <= column < shape[1]:
        scene.light(behind(row, column))
        st.rerun()


@st.cache_resource(max_entries=16, show_spinner=False)
def _together(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, Together]:
    found = together(_run)
    return together_figure(found), found


@st.cache_resource(max_entries=16, show_spinner=False)
def _labels(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, LabelUse]:
    found = label_use(_run)
    return label_figure(found), found
