"""The panels beside the map: groups of panels, and a row of tabs for each group. Only the open panel is drawn."""

import streamlit as st

from aeexplorer.ui.explore.panels.base import GROUPS, Group, Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState

_TABS, _GROUP = "explore.tabs", "explore.group"
_LAST = "explore.last panels"
"""Session key of the panels that were last open, by group."""
_RENAMED = {"guests": "yours"}
"""New names of panels by their names in addresses of version 0.4."""


def open_panel(page_state: ExploreState, panels: list[Panel]) -> Panel:
    """Return the open panel. Returns the first panel if the state names none of them."""
    name = _RENAMED.get(page_state.panel, page_state.panel)
    return next((panel for panel in panels if panel.name == name), panels[0])


def draw_panels(panels: list[Panel], current: Panel, scene: Scene) -> None:
    """Draw the choice of the group, the tabs of its panels, and the open panel."""
    last_open: dict[Group, str] = state.setdefault(_LAST, {})
    last_open[current.group] = current.name
    groups = [group for group in GROUPS if any(panel.group == group for panel in panels)]
    siblings = [panel for panel in panels if panel.group == current.group]
    first = {group: next(panel.name for panel in panels if panel.group == group) for group in groups}
    state.put({_GROUP: current.group, _TABS: current.title})
    st.segmented_control(
        "Panels",
        groups,
        format_func=lambda group: GROUPS[group],
        key=_GROUP,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        on_change=_open_group,
        args=(first | last_open,),
    )
    names = {panel.title: panel.name for panel in siblings}
    tabs = st.tabs(list(names), key=_TABS, on_change=_open_tab, args=(names,))
    with tabs[siblings.index(current)]:
        current.draw(scene)


def _open_group(names: dict[Group, str]) -> None:
    """Open the panel of the chosen group; `names` has the panel of each group."""
    page_state = state.current(ExploreState)
    state.update(page_state, panel=names.get(state.get(_GROUP, "samples"), page_state.panel))


def _open_tab(names: dict[str, str]) -> None:
    """Open the panel of the chosen tab; `names` has the panels by title.

    A tab that is clicked while another group is being opened is none of these panels: the browser still showed the old tabs.
    """
    page_state = state.current(ExploreState)
    state.update(page_state, panel=names.get(state.get(_TABS, ""), page_state.panel))
