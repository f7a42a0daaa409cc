"""Surgery: single codes of a sample are replaced, and it is decoded with them beside the original."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.codes.codebook import samples_using
from aeexplorer.analysis.codes.surgery import decode_edited, parse_edits
from aeexplorer.analysis.decoding import text_rows
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.components.surgery import surgery_board, take_board_edits
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.pictures.surgery import board_tree, is_shown_as_text

_BOARD = "explore-surgery"


def show_surgery(scene: Scene) -> None:
    """The board, and below it what pictures do not show: rows, texts, sounds."""
    run, sample = scene.run, patient_of(scene)
    edits = parse_edits(run, scene.state.edits)
    tree = _tree((run.id, version_of(run.id)), run, sample)
    surgery_board(tree | {"edits": list(edits.items())}, key=_BOARD)
    _besides(run, sample, edits)


def take_edits(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Take over what was changed on the board since the last run of the page, and drop edits that the codebook refuses."""
    edited = take_board_edits(_BOARD)
    if edited is not None and edited[0] == patient_of(scene):
        scene.change(patient=edited[0], edits=edited[1])
    try:
        parse_edits(scene.run, scene.state.edits)
    except UserError as error:
        st.toast(escape(str(error)), icon=":material/info:")
        scene.change(edits="")


def patient_of(scene: Scene) -> int:
    """The sample whose codes are looked at: the one chosen, else of the selected (or all) that which uses the code most.

    On other sides than the surgery, one that was chosen counts no more once others are selected.
    """
    chosen = scene.state.patient
    lit = not len(scene.selected) or chosen in scene.selected or scene.state.book == "surgery"
    if 0 <= chosen < scene.run.dataset.n and lit:
        return chosen
    among = scene.selected if len(scene.selected) else scene.ids
    using = samples_using(scene.run, scene.state.code, among, 1)[0] if scene.state.code >= 0 else among
    return int((using if len(using) else among)[0])


@st.cache_resource(max_entries=64, show_spinner=False)
def _tree(mark: tuple[str, str], _run: Run, sample: int) -> dict[str, Any]:
    return board_tree(_run, sample)


def _besides(run: Run, sample: int, edits: dict[int, int]) -> None:
    before, after = decode_edited(run, sample, {}), decode_edited(run, sample, edits)
    for name, field in run.dataset.fields.items():
        if not is_pictured(field) and not is_shown_as_text(run, name):
            _read(run, name, before, after)
        show_besides(field, {"Decoded": before[name], "Edited": after[name]}, np.array([sample], np.int32))


def _read(run: Run, name: str, before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> None:
    """Rows of both; those that differ first."""
    rows = [
        (column, old, new)
        for (column, old), (_, new) in zip(*(text_rows(run, name, one)[0] for one in (before, after)), strict=True)
    ]
    rows.sort(key=lambda row: row[1] == row[2])
    table = pd.DataFrame(rows, columns=["column", "decoded", "edited"])
    st.dataframe(table, hide_index=True, height=min(200, 36 * (1 + len(table))))
