"""Which codes occur together, and which labels use which codes; a click lights up the samples behind a cell."""

import numpy as np
import streamlit as st

from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.codes.relations import LabelUse, Together, held, label_use, together
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.code_relations import label_figure, together_figure

HEIGHT = 420


def show_together(scene: Scene) -> None:
    """Codes against codes."""
    scene.chart(_together(*_of(scene))[0], "together", height=HEIGHT)


def hear_together(scene: Scene) -> None:
    """Select the samples that hold both codes of a clicked cell."""
    codes = _together(*_of(scene))[1].codes
    if cell := _clicked(scene, "together", (len(codes), len(codes))):
        scene.select(np.flatnonzero(held(np.asarray(codes_of(scene.run)), np.unique(codes[list(cell)])).all(1)))


def show_labels(scene: Scene) -> None:
    """Labels against codes."""
    scene.chart(_labels(*_of(scene))[0], "labels", height=HEIGHT)


def hear_labels(scene: Scene) -> None:
    """Select the samples of a clicked cell's label that hold its code."""
    found, dataset = _labels(*_of(scene))[1], scene.run.dataset
    if cell := _clicked(scene, "labels", found.shares.shape):
        row, column = cell
        assert dataset.labels is not None
        holds = held(np.asarray(codes_of(scene.run)), found.codes[[column]])[:, 0]
        scene.select(np.flatnonzero(holds & (dataset.labels == dataset.label_names.index(found.labels[row]))))


def _clicked(scene: Scene, name: str, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Row and column of the cell that was clicked just now."""
    event = scene.news(name)
    if event.x is None or event.y is None:
        return None
    row, column = round(event.y), round(event.x)
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


def _of(scene: Scene) -> tuple[tuple[str, str], Run]:
    return (scene.run.id, version_of(scene.run.id)), scene.run


@st.cache_resource(max_entries=16, show_spinner=False)
def _together(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, Together]:
    found = together(_run)
    return together_figure(found), found


@st.cache_resource(max_entries=16, show_spinner=False)
def _labels(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, LabelUse]:
    found = label_use(_run)
    return label_figure(found), found
