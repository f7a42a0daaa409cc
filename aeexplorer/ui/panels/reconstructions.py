"""Inputs beside what the model makes of them: of the selected samples, or of the best, the worst, any."""

from typing import get_args

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.reconstruction import Choice, Reconstructions, choose, reconstructions, table_rows
from aeexplorer.training.run import Run
from aeexplorer.ui import state
from aeexplorer.ui.explore.facts import facts
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels.base import Panel
from aeexplorer.views.pictures import comparison, png

COLUMNS, SIDE, LARGE = 7, 64, 150
PICTURES, ROWS = 14, 5


def _draw(scene: Scene) -> None:
    run, chosen = scene.run, scene.selected
    among = chosen if len(chosen) else scene.ids
    images = any(field.modality == "image" for field in run.dataset.fields.values())
    most = PICTURES if images else ROWS
    choice: Choice = "random"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen):,} selected**" if len(chosen) else "**All samples**", width="content")
        if len(among) > most:
            state.keep("explore.choice", choice)
            look = {"label_visibility": "collapsed", "persist_state": "session"}
            choice = st.segmented_control("Which", get_args(Choice), key="explore.choice", required=True, **look)
    shown = reconstructions(run, choose(np.asarray(run.errors), among, choice, most))
    for name, field in run.dataset.fields.items():
        if field.modality == "image":
            _pictures(name, shown)
        else:
            _rows(run, name, shown)
    facts(run, shown.ids)


def _pictures(field: str, shown: Reconstructions) -> None:
    few = len(shown.ids) <= COLUMNS // 2
    ids = ", ".join(map(str, shown.ids.tolist()))
    st.image(
        png(comparison(shown, field, LARGE if few else SIDE, columns=COLUMNS)),
        alt=f"Samples {ids}: inputs above, reconstructions in the middle, differences below",
    )
    st.caption("Input, reconstruction, difference (blue too dark, orange too bright)")


def _rows(run: Run, field: str, shown: Reconstructions) -> None:
    lines = [table_rows(run, field, shown, i) for i in range(len(shown.ids))]
    if len(lines) == 1:
        st.dataframe(pd.DataFrame([vars(row) for row in lines[0]]), hide_index=True)
        return
    table = {}
    for sample, rows in zip(shown.ids.tolist(), lines, strict=True):
        table[f"{sample} input"] = {row.column: row.value for row in rows}
        table[f"{sample} output"] = {row.column: row.reconstruction for row in rows}
    st.dataframe(pd.DataFrame(table).T, height=38 * min(len(table) + 1, 9))


PANEL = Panel("reconstructions", "Reconstructions", 10, frozenset({"results"}), _draw)
