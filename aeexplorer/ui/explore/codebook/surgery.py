"""Surgery: single codes of a sample are replaced, and it is decoded with them beside the original."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.codes.codebook import samples_using
from aeexplorer.analysis.codes.surgery import decode_edited, read_edits
from aeexplorer.analysis.decoding import text_rows
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run
from aeexplorer.ui.components.surgery import surgery_board
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.pictures.surgery import board_tree, is_read


def show_surgery(scene: Scene) -> None:
    """The board, and below it what pictures do not show: rows, texts, sounds."""
    run, sample = scene.run, patient_of(scene)
    edits = _edits(scene)
    tree = _tree((run.id, version_of(run.id)), run, sample)
    found = surgery_board(tree | {"edits": list(edits.items())}, key="explore-surgery")
    if found is not None and found[0] == sample and found[1] != scene.state.edits:
        scene.change(patient=sample, edits=found[1])
        edits = _edits(scene)
    _besides(run, sample, edits)


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


def _edits(scene: Scene) -> dict[int, int]:
    try:
        return read_edits(scene.run, scene.state.edits)
    except UserError as error:
        st.badge(escape(str(error)), icon=":material/info:", color="gray")
        scene.change(edits="")
        return {}


def _besides(run: Run, sample: int, edits: dict[int, int]) -> None:
    before, after = decode_edited(run, sample, {}), decode_edited(run, sample, edits)
    for name, field in run.dataset.fields.items():
        if not is_pictured(field) and not is_read(run, name):
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
