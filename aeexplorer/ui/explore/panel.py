"""The tabs beside the map; only the open one is drawn."""

import streamlit as st

from aeexplorer.ui import state
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels.base import Panel
from aeexplorer.ui.state import ExploreState

KEY = "explore.tabs"


def open_panel(scene: Scene, panels: list[Panel]) -> Panel:
    """The panel that is open; the first where none is."""
    return next((panel for panel in panels if panel.name == scene.state.panel), panels[0])


def draw_panels(scene: Scene, panels: list[Panel], chosen: Panel) -> None:
    """Draw the tabs, and in the open one its panel."""
    state.put({KEY: chosen.title})
    tabs = st.tabs([panel.title for panel in panels], key=KEY, on_change=_open, args=({p.title: p.name for p in panels},))
    with tabs[panels.index(chosen)]:
        chosen.draw(scene)


def _open(names: dict[str, str]) -> None:
    state.update(state.current(ExploreState), panel=names[state.keep(KEY, "")])
