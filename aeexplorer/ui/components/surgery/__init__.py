"""The board on which codes of a sample are changed: click a cell, choose another code, see it decoded at once.

What it decodes to comes from the HTTP route of `aeexplorer.routes.surgery`, without a rerun; Python hears of the edits a
moment later. The ASGI app must mount `aeexplorer.routes.modules.ROUTES`.
"""

from functools import cache
from typing import Any

import streamlit as st

from aeexplorer.routes.modules import loader_of


def surgery_board(tree: dict[str, Any], *, key: str) -> tuple[int, str] | None:
    """Draw the board.

    Parameters
    ----------
    tree
        Of `aeexplorer.views.pictures.surgery.board_tree`, and ``edits``, pairs of place and code: taken where the
        sample is another one than before.
    key
        Names the board, also for tests. In session state it holds ``{"edited": {"sample": int, "edits": str}}``.

    Returns
    -------
    tuple or None
        The sample and what was changed in it last, as text; None where nothing was.
    """
    left = _component()(key=key, data=tree).get("edited")
    return None if left is None else (int(left["sample"]), str(left["edits"]))


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.surgery", js=loader_of("surgery"), isolate_styles=False)
