"""The line under the map: how much is selected, clearing it, sharing and taking things home."""

import streamlit as st

from aeexplorer.ui.explore.detail import choose_points
from aeexplorer.ui.explore.layers import choose_layers
from aeexplorer.ui.explore.projected import ShownProjection
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.explore.tools.share import share
from aeexplorer.ui.explore.tools.slicing import choose_slice
from aeexplorer.ui.explore.tools.tags import tags
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.navigation import page


def foot(scene: Scene, shown: ShownProjection) -> None:
    """Say how many samples are selected and what to know about the map; offer to clear the selection and to share."""
    count, total = len(scene.selected), scene.run.dataset.n
    with st.container(horizontal=True, vertical_alignment="center"):
        if shown.note:
            st.badge(escape(shown.note), icon=":material/hourglass_empty:" if shown.awaited else ":material/info:", color="gray")
        if not count:
            st.caption("Drag over points to select, hover to look.", width="content")
            st.page_link(page("data"), label="Bring your data", icon=":material/upload:", width="content")
            st.page_link(page("train"), label="Train", icon=":material/model_training:", width="content")
        if count:
            st.markdown(f"**{count:,}** of {total:,} selected", width="content")
            st.button("Clear", key="explore.clear", type="tertiary", icon=":material/close:", on_click=scene.select, args=((),))
        tags(scene)
        st.space("stretch")
        choose_points(scene)
        choose_slice(scene)
        choose_layers(scene, shown.projection)
        share(scene, shown.projection)
