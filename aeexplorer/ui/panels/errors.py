"""The reconstruction error: its histogram, linked to the map."""

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.explore.figures import built
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.panels.base import Panel
from aeexplorer.views import error_histogram


def _draw(scene: Scene) -> None:
    scene.chart(built(error_histogram.VIEW, scene.run, scene.ids), "errors", height=330)
    st.caption("Drag over bars, or click one, to light its samples up on the map.")
    _figures(scene.run)


def _figures(run: Run) -> None:
    test = next(run.metrics[split] for split in ("test", "validation", "train") if split in run.metrics)
    pca = run.metrics["pca"]
    shown = {"Mean squared error, test": f"{test['mse']:.5f}", f"PCA, {pca['components']} components": f"{pca['mse']:.5f}"}
    if "elbo" in test:
        shown["ELBO, nats a sample"] = f"{test['elbo']:.1f}"
    row = st.container(horizontal=True)
    for name, value in shown.items():
        row.metric(name, value)


PANEL = Panel("errors", "Errors", 40, frozenset({"results"}), _draw)
