"""The tabs beside the map; only the open one is drawn."""

import streamlit as st

from aeexplorer.ui import state
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels import offered_panels
from aeexplorer.ui.state import ExploreState

KEY = "explore.tabs"


def draw_panel(scene: Scene) -> None:
    """Draw the tabs that the run offers, and in the open one its panel."""
    panels = offered_panels(scene.run)
    chosen = next((panel for panel in panels if panel.name == scene.state.panel), panels[0])
    state.put({KEY: chosen.title})
    tabs = st.tabs([panel.title for panel in panels], key=KEY, on_change=_open, args=({p.title: p.name for p in panels},))
    for panel, tab in zip(panels, tabs, strict=True):
        if panel is chosen:
            with tab:
                panel.draw(scene)


def _open(names: dict[str, str]) -> None:
    state.update(state.current(ExploreState), panel=names[state.keep(KEY, "")])
