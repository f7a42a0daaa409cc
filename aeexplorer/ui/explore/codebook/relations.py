"""Tables of codes that occur together and of labels that use codes. A click selects the samples of a cell."""

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


def show_cooccurrence(scene: Scene) -> None:
    """Draw the table of codes that occur together in samples."""
    scene.chart(_code_table(*_key(scene))[0], "together", height=HEIGHT)


def select_pair_of_codes(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Select the samples that use both codes of the clicked cell."""
    codes = _code_table(*_key(scene))[1].codes
    if cell := _clicked_cell(events.get("together"), (len(codes), len(codes))):
        scene.select(np.flatnonzero(holds_codes(np.asarray(codes_of(scene.run)), np.unique(codes[list(cell)])).all(1)))


def show_label_usage(scene: Scene) -> None:
    """Draw the table of labels and the codes that they use."""
    scene.chart(_label_table(*_key(scene))[0], "labels", height=HEIGHT)


def select_label_and_code(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Select the samples that have the label of the clicked cell and use its code."""
    label_codes, dataset = _label_table(*_key(scene))[1], scene.run.dataset
    if cell := _clicked_cell(events.get("labels"), label_codes.shares.shape):
        row, column = cell
        assert dataset.labels is not None
        uses_code = holds_codes(np.asarray(codes_of(scene.run)), label_codes.codes[[column]])[:, 0]
        scene.select(np.flatnonzero(uses_code & (dataset.labels == dataset.label_names.index(label_codes.labels[row]))))


def _clicked_cell(event: ChartEvent | None, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the row and the column of the clicked cell; None if no cell was clicked."""
    if event is None or event.x is None or event.y is None:
        return None
    row, column = round(event.y), round(event.x)
    return (row, column) if 0 <= row < shape[0] and 0 <= column < shape[1] else None


def _key(scene: Scene) -> tuple[tuple[str, str], Run]:
    """Return the cache key of the run, and the run."""
    return (scene.run.id, version_of(scene.run.id)), scene.run


@st.cache_resource(max_entries=16, show_spinner=False)
def _code_table(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, CodeCooccurrence]:
    cooccurrence = code_cooccurrence(_run)
    return co_occurrence_figure(cooccurrence), cooccurrence


@st.cache_resource(max_entries=16, show_spinner=False)
def _label_table(key: tuple[str, str], _run: Run) -> tuple[LinkedFigure, LabelUsage]:
    label_codes = label_usage(_run)
    return label_usage_figure(label_codes), label_codes
