"""Where the map is glued and where it is torn."""

from aeexplorer.analysis.maps.distortion import compute_distortion, distortion_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import distortion_overlay


def _make(run: Run, made: Projection) -> Overlay:
    return distortion_overlay(made, compute_distortion(run, made))


LAYER = Layer(
    name="distortion",
    title="Distortion",
    help="Orange where neighbours on the map are no neighbours in the latent space (false neighbours), blue where neighbours "
    "in the latent space lie far apart on the map (missing neighbours). After CheckViz (Lespinats & Aupetit 2011).",
    place=20,
    fits=lambda run, made: made.dims == 2 and made.method != "latents",
    make=_make,
    job=lambda run, made: distortion_job(run, made, "latents"),
)
