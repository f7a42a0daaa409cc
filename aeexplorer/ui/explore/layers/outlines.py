"""Outlines and names of clusters on the map."""

import numpy as np

from aeexplorer.analysis.maps.clusters import cluster_at, find_clusters
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import outlines_overlay


def _make(run: Run, projection: Projection) -> Overlay:
    return outlines_overlay(find_clusters(run, projection))


def _click(run: Run, projection: Projection, x: float, y: float) -> np.ndarray | None:
    cluster = cluster_at(find_clusters(run, projection), x, y)
    return None if cluster is None else cluster.ids


LAYER = Layer(
    name="clusters",
    title="Clusters",
    help="Clusters are peaks of the density on the map. The name of a cluster is the most frequent label of its samples and the "
    "share of that label; without labels, it is the medoid. These are clusters on the map: the layer Distortion shows how "
    "far they are clusters in the latent space. Click a name, or beside the points inside an outline, to select the samples.",
    place=50,
    fits=lambda run, projection: projection.dims == 2,
    make=_make,
    click=_click,
)
