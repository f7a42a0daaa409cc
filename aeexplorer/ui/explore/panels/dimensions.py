"""Importance of each latent dimension."""

import streamlit as st

from aeexplorer.ui.explore.figures import cached_figure
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.views.charts.latent_dimensions import run_latent_dimensions

_HELP = "How much information each latent has about the samples. In a VAE, a latent near zero has none: it equals the prior."


def _draw(scene: Scene) -> None:
    scene.chart(cached_figure(run_latent_dimensions, scene.run, scene.ids), "dimensions", height=380)
    st.caption(_HELP)


PANEL = Panel("dimensions", "Dimensions", "model", 12, frozenset({"results", "dimensions"}), _draw)
