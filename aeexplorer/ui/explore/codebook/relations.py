"""Which codes occur together, and which labels use which codes; a click lights up the samples behind a cell."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from aeexplorer.analysis.codes.codebook import codes_of
from aeexplorer.analysis.codes.relations import CodeCooccurrence, LabelUsage, code_cooccurrence, holds_codes, label_usage
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.code_relations import co_occurrence_figure, label_usage_figure

HEIGHT = 420


def show_together(scene: Scene) -> None:
    """Codes against codes."""
    scene.chart(_together(*_of(scene))[0], "together", height=HEIGHT)


def select_pair_of_codes(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Select the samples that hold both codes of the clicked cell."""
    codes = _together(*_of(scene))[1].codes
    if cell := _clicked_cell(events.get("together"), (len(codes), len(codes))):
        scene.select(np.flatnonzero(holds_codes(np.asarray(codes_of(scene.run)), np.unique(codes[list(cell)])).all(1)))


def show_labels(scene: Scene) -> None:
    """Labels against codes."""
    scene.chart(_labels(*_of(scene))[0], "labels", height=HEIGHT)


def select_label_and_code(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Select the samples with the clicked cell's label that hold its code."""
    found, dataset = _labels(*_of(scene))[1], scene.run.dataset
    if cell := _clicked_cell(events.get("labels"), found.shares.shape):
        row, column = cell
        assert dataset.labels is not None
        holds = holds_codes(np.asarray(codes_of(scene.run)), found.codes[[column]])[:, 0]
        scene.select(np.flatnonzero(holds & (dataset.labels == dataset.label_names.index(found.labels[row]))))


def _clicked_cell(event: ChartEvent | None, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return row and column of the clicked cell; None without a click inside the table."""
    if event is None or event.x is None or event.y is None:
        return None
    row, column = round(event.y), round(event.x)
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


def _of(scene: Scene) -> tuple[tuple[str, str], Run]:
    return (scene.run.id, version_of(scene.run.id)), scene.run


@st.cache_resource(max_entries=16, show_spinner=False)
def _together(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, CodeCooccurrence]:
    found = code_cooccurrence(_run)
    return co_occurrence_figure(found), found


@st.cache_resource(max_entries=16, show_spinner=False)
def _labels(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, LabelUsage]:
    found = label_usage(_run)
    return label_usage_figure(found), found
