"""The line below the map: number of selected samples, tags, choices of the map, sharing and downloads."""

import streamlit as st

from aeexplorer.ui.explore.layers import choose_layers
from aeexplorer.ui.explore.map_detail import choose_points
from aeexplorer.ui.explore.page_map import PageMap
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.explore.tools.share import draw_share
from aeexplorer.ui.explore.tools.slicing import choose_slice
from aeexplorer.ui.explore.tools.tags import draw_tags
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.navigation import page


def draw_foot(scene: Scene, page_map: PageMap) -> None:
    """Draw the note about the map, the number of selected samples, and the tools for the map and the selection."""
    count, total = len(scene.selected), scene.run.dataset.n
    with st.container(horizontal=True, vertical_alignment="center"):
        if page_map.note:
            icon = ":material/hourglass_empty:" if page_map.is_pending else ":material/info:"
            st.badge(escape(page_map.note), icon=icon, color="gray")
        if not count:
            st.caption("Drag over points to select, hover to look.", width="content")
            st.page_link(page("data"), label="Bring your data", icon=":material/upload:", width="content")
            st.page_link(page("train"), label="Train", icon=":material/model_training:", width="content")
        if count:
            st.markdown(f"**{count:,}** of {total:,} selected", width="content")
            st.button("Clear", key="explore.clear", type="tertiary", icon=":material/close:", on_click=scene.select, args=((),))
        draw_tags(scene)
        st.space("stretch")
        choose_points(scene)
        choose_slice(scene)
        choose_layers(scene, page_map.projection)
        draw_share(scene, page_map.projection)
