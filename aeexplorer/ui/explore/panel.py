"""The panels beside the map: groups, in each a row of tabs; only the open one is drawn."""

import streamlit as st

from aeexplorer.ui.explore.panels.base import GROUPS, Group, Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

KEY, GROUP = "explore.tabs", "explore.group"
_LAST = "explore.last panels"
_RENAMED = {"guests": "yours"}
"""Panels that addresses of version 0.4 name differently."""


def open_panel(shown: ExploreState, panels: list[Panel]) -> Panel:
    """Return the open panel; the first where the state names none of them."""
    name = _RENAMED.get(shown.panel, shown.panel)
    return next((panel for panel in panels if panel.name == name), panels[0])


def draw_panels(panels: list[Panel], chosen: Panel, scene: Scene) -> None:
    """Draw the groups, the tabs of the one that is open, and in the open tab its panel."""
    last: dict[Group, str] = state.setdefault(_LAST, {})
    last[chosen.group] = chosen.name
    groups = [group for group in GROUPS if any(panel.group == group for panel in panels)]
    beside = [panel for panel in panels if panel.group == chosen.group]
    first = {group: next(panel.name for panel in panels if panel.group == group) for group in groups}
    state.put({GROUP: chosen.group, KEY: chosen.title})
    st.segmented_control(
        "Panels",
        groups,
        format_func=lambda group: GROUPS[group],
        key=GROUP,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        on_change=_turn,
        args=(first | last,),
    )
    tabs = st.tabs([panel.title for panel in beside], key=KEY, on_change=_open, args=({p.title: p.name for p in beside},))
    with tabs[beside.index(chosen)]:
        chosen.draw(scene)


def _turn(names: dict[Group, str]) -> None:
    state.update(state.current(ExploreState), panel=names[state.setdefault(GROUP, "samples")])


def _open(names: dict[str, str]) -> None:
    state.update(state.current(ExploreState), panel=names[state.setdefault(KEY, "")])
