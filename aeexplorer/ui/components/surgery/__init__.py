"""The board on which codes of a sample are changed: click a cell, choose another code, see it decoded at once.

The decoded picture comes from the HTTP route of `aeexplorer.routes.surgery`, without a rerun; Python gets the edits a
moment later. The ASGI app must mount `aeexplorer.routes.modules.ROUTES`.
"""

from functools import cache
from typing import Any

import streamlit as st

from aeexplorer.routes.modules import loader_of
from aeexplorer.ui.session import state


def surgery_board(tree: dict[str, Any], *, key: str) -> None:
    """Draw the board.

    Parameters
    ----------
    tree
        From `aeexplorer.views.pictures.surgery.board_tree`, and ``edits``, pairs of place and code: the browser takes them
        when the sample changes.
    key
        Names the board, also for tests. In session state it holds ``{"edited": {"sample": int, "edits": str}}``.
    """
    _component()(key=key, data=tree)


def take_board_edits(key: str) -> tuple[int, str] | None:
    """Return the sample and its edits as text, where a person changed them since the last call; else None."""
    edited = state.take_change(f"{key}.taken", state.get(key, {}).get("edited"))
    return None if edited is None else (int(edited["sample"]), str(edited["edits"]))


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.surgery", js=loader_of("surgery"), isolate_styles=False)
