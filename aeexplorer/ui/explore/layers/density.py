"""How densely samples lie."""

from aeexplorer.analysis.maps.density import estimate_density
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import density_overlay


def _make(run: Run, made: Projection) -> Overlay:
    return density_overlay(estimate_density(made.xy))


LAYER = Layer(
    name="density",
    title="Density",
    help="Lines of equal density of the samples shown, smoothed by a Gaussian.",
    place=40,
    fits=lambda run, made: made.dims == 2,
    make=_make,
)
