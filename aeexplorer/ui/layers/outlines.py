"""Clusters, outlined and named."""

from aeexplorer.analysis.clusters import clusters
from aeexplorer.analysis.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.layers.base import Layer
from aeexplorer.views.ground import outlines
from aeexplorer.views.overlay import Overlay


def _make(run: Run, made: Projection) -> Overlay:
    return outlines(clusters(run, made))


LAYER = Layer(
    name="clusters",
    title="Clusters",
    help="Peaks of the density on the map, each named by the label that most of its samples have, with their share; without "
    "labels, by its medoid. Clusters of the picture: see its distortion for how far they are clusters of the latent space.",
    place=50,
    fits=lambda run, made: made.dims == 2,
    make=_make,
)
