"""What each latent dimension carries."""

import streamlit as st

from aeexplorer.ui.explore.figures import built
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.charts import latent_dimensions


def _draw(scene: Scene) -> None:
    scene.chart(built(latent_dimensions.VIEW, scene.run, scene.ids), "dimensions", height=380)
    st.caption(latent_dimensions.VIEW.help)


PANEL = Panel("dimensions", "Dimensions", "model", 12, frozenset({"results", "dimensions"}), _draw)
