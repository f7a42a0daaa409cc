"""The player of a training's film: all moments go to the browser once, and are scrubbed and played there.

Of a training that goes on only the newest moment is sent, and the samples move there from where they were. The ASGI app
must mount `aeexplorer.routes.modules.ROUTES`.
"""

from functools import cache
from typing import Any

import streamlit as st

from aeexplorer.routes.modules import loader_of
from aeexplorer.ui.components.films.packing import pack_tree
from aeexplorer.ui.session import state


def encode_film(tree: dict[str, Any], *, live: bool = False, page: str = "explore") -> bytes:
    """What the player takes of `aeexplorer.views.films.training_film.film_tree`: make it once and keep it.

    Parameters
    ----------
    tree
        The film.
    live
        Whether it is one moment of a training that goes on: then only the map is drawn.
    page
        Samples selected in the linked charts of that page stand out.
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
