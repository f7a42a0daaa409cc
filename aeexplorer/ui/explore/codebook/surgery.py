"""Surgery: replace single codes of a sample, and compare the edited decoded sample with the original one."""

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
from aeexplorer.ui.session import state
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.pictures.surgery import board_tree, is_shown_as_text

_BOARD = "explore-surgery"
_REFUSED = f"{_BOARD}.refused"
"""Session key of the message that says why the edits in the address were dropped."""


def show_surgery(scene: Scene) -> None:
    """Draw the board, and below it the rows, texts and sounds that the board does not show."""
    run, sample = scene.run, edited_sample(scene)
    if message := state.get(_REFUSED, ""):
        st.badge(escape(message), icon=":material/info:", color="gray")
    edits = parse_edits(run, scene.state.edits)
    tree = _tree((run.id, version_of(run.id)), run, sample)
    surgery_board(tree | {"edits": list(edits.items())}, key=_BOARD)
    _show_fields(run, sample, edits)


def take_edits(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    """Take the edits made on the board since the last run of the page, and drop edits that the codebook does not allow."""
    board_edits = take_board_edits(_BOARD)
    if board_edits is not None and board_edits[0] == edited_sample(scene):
        scene.change(patient=board_edits[0], edits=board_edits[1])
    message = ""
    try:
        parse_edits(scene.run, scene.state.edits)
    except UserError as error:
        message = str(error)
        scene.change(edits="")
    state.put({_REFUSED: message})


def edited_sample(scene: Scene) -> int:
    """Return the id of the sample whose codes are shown.

    This is the chosen sample (`ExploreState.patient`), or else the sample that uses the chosen code most often, among the
    selected samples if there are any. Except in the surgery, a chosen sample must be selected if there is a selection.
    """
    chosen = scene.state.patient
    is_valid = not len(scene.selected) or chosen in scene.selected or scene.state.book == "surgery"
    if 0 <= chosen < scene.run.dataset.n and is_valid:
        return chosen
    candidates = scene.selected if len(scene.selected) else scene.ids
    using = samples_using(scene.run, scene.state.code, candidates, 1)[0] if scene.state.code >= 0 else candidates
    return int((using if len(using) else candidates)[0])


@st.cache_resource(max_entries=64, show_spinner=False)
def _tree(key: tuple[str, str], _run: Run, sample: int) -> dict[str, Any]:
    return board_tree(_run, sample)


def _show_fields(run: Run, sample: int, edits: dict[int, int]) -> None:
    """Draw the decoded and the edited sample, for fields and displays that are not on the board."""
    before, after = decode_edited(run, sample, {}), decode_edited(run, sample, edits)
    for name, field in run.dataset.fields.items():
        if not is_pictured(field) and not is_shown_as_text(run, name):
            _show_rows(run, name, before, after)
        show_besides(field, {"Decoded": before[name], "Edited": after[name]}, np.array([sample], np.int32))


def _show_rows(run: Run, name: str, before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> None:
    """Draw the rows of the decoded and the edited sample. Rows that differ come first."""
    rows = [
        (column, old, new)
        for (column, old), (_, new) in zip(*(text_rows(run, name, samples)[0] for samples in (before, after)), strict=True)
    ]
    rows.sort(key=lambda row: row[1] == row[2])
    table = pd.DataFrame(rows, columns=["column", "decoded", "edited"])
    st.dataframe(table, hide_index=True, height=min(200, 36 * (1 + len(table))))
