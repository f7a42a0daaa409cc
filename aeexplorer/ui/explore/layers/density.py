"""Contour lines of the density of the samples."""

from aeexplorer.analysis.maps.density import estimate_density
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import density_overlay


def _make(run: Run, projection: Projection) -> Overlay:
    return density_overlay(estimate_density(projection.xy))


LAYER = Layer(
    name="density",
    title="Density",
    help="Contour lines of the density of the samples on the map, smoothed by a Gaussian.",
    place=40,
    fits=lambda run, projection: projection.dims == 2,
    make=_make,
)
