"""Distortion of the map: false neighbours and missing neighbours."""

from aeexplorer.analysis.maps.distortion import compute_distortion, distortion_job
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.training.run import Run
from aeexplorer.ui.explore.layers.base import Layer
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import distortion_overlay


def _make(run: Run, projection: Projection) -> Overlay:
    return distortion_overlay(projection, compute_distortion(run, projection))


LAYER = Layer(
    name="distortion",
    title="Distortion",
    help="Orange where neighbours on the map are not neighbours in the latent space (false neighbours), blue where neighbours "
    "in the latent space lie far apart on the map (missing neighbours). After CheckViz (Lespinats & Aupetit 2011).",
    place=20,
    fits=lambda run, projection: projection.dims == 2 and projection.method != "latents",
    make=_make,
    job=lambda run, projection: distortion_job(run, projection, "latents"),
)
