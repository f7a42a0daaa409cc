"""Places of the plane that the model does not know."""

from aeexplorer.analysis.maps.off_manifold import off_manifold_distances, off_manifold_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import off_manifold_overlay


def _make(run: Run, made: Projection) -> Overlay:
    return off_manifold_overlay(off_manifold_distances(run, made))


LAYER = Layer(
    name="off-manifold",
    title="Off the manifold",
    help="Grey where a place does not come back when it is decoded and encoded: ‖E(D(z)) − z‖ beyond that of 95 % of the "
    "samples. What is decoded there is not to be trusted.",
    place=30,
    fits=lambda run, made: made.dims == 2 and made.plane is not None,
    make=_make,
    job=off_manifold_job,
)
