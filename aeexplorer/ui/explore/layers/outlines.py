"""Clusters, outlined and named."""

import numpy as np

from aeexplorer.analysis.maps.clusters import cluster_at, find_clusters
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import outlines_overlay


def _make(run: Run, made: Projection) -> Overlay:
    return outlines_overlay(find_clusters(run, made))


def _click(run: Run, made: Projection, x: float, y: float) -> np.ndarray | None:
    cluster = cluster_at(find_clusters(run, made), x, y)
    return None if cluster is None else cluster.ids


LAYER = Layer(
    name="clusters",
    title="Clusters",
    help="Peaks of the density on the map, each named by the label that most of its samples have, with their share; without "
    "labels, by its medoid. Clusters of the picture: see its distortion for how far they are clusters of the latent space. "
    "Click a name, or inside an outline beside the points, to select the samples.",
    place=50,
    fits=lambda run, made: made.dims == 2,
    make=_make,
    click=_click,
)
