"""A page's selection of samples between two runs of its script: in the session as ids, in the address as text."""

from pathlib import Path

import numpy as np

from aeexplorer.ui.components.linked import Selection
from aeexplorer.ui.session import selection as text
from aeexplorer.ui.session import state


def read_selection(page: str, written: str, folder: Path, n: int) -> Selection:
    """The selection that a page's state names, the same object until that changes.

    Parameters
    ----------
    page
        Names the page.
    written
        The selection as text, see `aeexplorer.ui.session.selection`.
    folder
        Where long selections are stored.
    n
        Samples there are; ids beyond are left out.
    """
    before, held = _held(page)
    if before == written:
        return held
    ids = text.from_text(written, folder)
    held = held.replaced(np.empty(0, np.int32) if ids is None else ids[ids < n])
    state.put({_key(page): (written, held)})
    return held


def written_selection(page: str, selection: Selection, folder: Path) -> str | None:
    """The selection as text for the page's state; None where it is not news."""
    if _held(page)[1] is selection:
        return None
    ids = np.empty(0, np.int32) if selection.ids is None else selection.ids
    written = text.to_text(ids, folder)
    state.put({_key(page): (written, selection)})
    return written


def _key(page: str) -> str:
    return f"{page}.held"


def _held(page: str) -> tuple[str, Selection]:
    found: tuple[str, Selection] = state.setdefault(_key(page), ("", Selection()))
    return found
