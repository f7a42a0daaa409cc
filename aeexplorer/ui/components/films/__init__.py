"""The player of a training's film: all snapshots are sent once, and are scrubbed and played in the browser.

While a training goes on, only the newest snapshot is sent, and the samples move to their new positions. The ASGI app
must mount `aeexplorer.routes.modules.ROUTES`.
"""

from functools import cache
from typing import Any

import streamlit as st

from aeexplorer.routes.modules import loader_of
from aeexplorer.ui.components.films.packing import pack_tree
from aeexplorer.ui.session import state


def encode_film(tree: dict[str, Any], *, live: bool = False, page: str = "explore") -> bytes:
    """Encode a film from `aeexplorer.views.films.training_film.film_tree` for the player; do it once for each film.

    Parameters
    ----------
    tree
        The film.
    live
        Whether it is one snapshot of a training that goes on: then only the map is drawn.
    page
        Page whose selection the film shows.
    """
    return pack_tree({**tree, "live": live, "page": page})


def film_player(payload: bytes, *, key: str) -> None:
    """Draw a film. It starts at the step that the address names (``moment``), else at its end.

    Parameters
    ----------
    payload
        From `encode_film`.
    key
        Names the player, also for tests: its element has the class `st-key-<key>`. In session state it holds
        ``{"step": int}``.
    """
    _component()(key=key, data=payload)


def take_film_step(key: str) -> int | None:
    """Return the step at which a person left the film, where that changed since the last call; else None."""
    step = state.take_change(f"{key}.taken", state.get(key, {}).get("step"))
    return None if step is None else int(step)


@cache
def _component() -> Any:
    return st.components.v2.component("aeexplorer.films", js=loader_of("films"), isolate_styles=False)
