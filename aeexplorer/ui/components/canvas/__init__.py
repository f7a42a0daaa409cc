"""A canvas to draw pictures on, with mouse, finger or pen.

The browser sends plain pixels after each stroke, so no picture file is parsed. The ASGI app must mount
`aeexplorer.routes.modules.ROUTES`.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import streamlit as st

from aeexplorer.core.errors import UserError
from aeexplorer.routes.modules import loader_of

SIDE = 230
"""Longer side on the screen, in CSS pixels."""


@dataclass(frozen=True)
class Paper:
    """The sheet to draw on.

    Parameters
    ----------
    shape
        Channels (1 or 3), rows and columns of the pixels that the browser sends.
    ground, ink
        Colours of background and pen as ``#rrggbb``; both grey where there is one channel.
    pen
        Initial width of the pen, in hundredths of the longer side.
    """

    shape: tuple[int, int, int]
    ground: str
    ink: str
    pen: int

    def pixels(self, drawing: Mapping[str, Any] | None) -> np.ndarray | None:
        """Return the drawing that the browser reported, uint8 ``(channels, rows, columns)``; None for an empty sheet.

        Raises
        ------
        UserError
            If the drawing does not have the size of this sheet.
        """
        if not drawing or not drawing.get("pixels"):
            return None
        channels, rows, columns = self.shape
        try:
            content = base64.b64decode(str(drawing["pixels"]), validate=True)
        except binascii.Error:
            content = b""
        if len(content) != channels * rows * columns:
            raise UserError("the drawing did not arrive whole", "Draw it again")
        return np.ascontiguousarray(np.frombuffer(content, np.uint8).reshape(rows, columns, channels).transpose(2, 0, 1))


def canvas(paper: Paper, *, key: str, number: int, on_change: Callable[[], None]) -> None:
    """Draw the canvas.

    Parameters
    ----------
    paper
        Size and colours of the sheet.
    key
        Key of the canvas; session state holds ``{"drawing": {"number": …, "pixels": …}}`` under it, for `Paper.pixels`.
    number
        Number of the sheet; another number begins an empty sheet.
    on_change
        Called after each stroke, before the page runs.
    """
    channels, rows, columns = paper.shape
    scale = SIDE / max(rows, columns)
    data = {
        "key": key,
        "number": number,
        "rows": rows,
        "columns": columns,
        "height": round(rows * scale),
        "width": round(columns * scale),
        "ink": paper.ink,
        "ground": paper.ground,
        "pen": paper.pen,
        "colours": channels == 3,
    }
    _component()(key=key, data=data, on_drawing_change=on_change)


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.canvas", js=loader_of("canvas"), isolate_styles=False)
