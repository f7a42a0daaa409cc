"""Positions on a planar map that are far from the manifold that the model learned."""

from aeexplorer.analysis.maps.off_manifold import off_manifold_distances, off_manifold_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import off_manifold_overlay


def _make(run: Run, projection: Projection) -> Overlay:
    return off_manifold_overlay(off_manifold_distances(run, projection))


LAYER = Layer(
    name="off-manifold",
    title="Off the manifold",
    help="Grey where a decoded and encoded position does not return to itself: ‖E(D(z)) − z‖ is larger than for 95 % of the "
    "samples. Do not trust what is decoded there.",
    place=30,
    fits=lambda run, projection: projection.dims == 2 and projection.plane is not None,
    make=_make,
    job=off_manifold_job,
)
