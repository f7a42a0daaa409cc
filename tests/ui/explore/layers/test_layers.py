"""Layers are offered for the maps that they fit, and their overlays show what was computed."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from aeexplorer.analysis.maps.clusters import cluster_at, find_clusters
from aeexplorer.analysis.maps.density import estimate_density
from aeexplorer.analysis.maps.distortion import Distortion
from aeexplorer.analysis.maps.off_manifold import DistanceGrid
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.ui.explore.layers import offered_layers
from aeexplorer.views.maps.overlay import Overlay
from aeexplorer.views.maps.underlays import density_overlay, distortion_overlay, off_manifold_overlay, outlines_overlay

LAYERS = {"distortion", "off-manifold", "density", "clusters"}


def pixels(overlay: Overlay) -> np.ndarray:
    """Return the RGBA pixels of an overlay's picture, the lowest row first."""
    (image,) = overlay.images
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image["source"].partition(",")[2]))))[::-1]


@pytest.mark.parametrize(
    ("run", "method", "dims", "without"),
    [
        ("vae", "latents", 2, {"distortion"}),
        ("vae", "pca", 2, set()),
        ("vq", "pca", 2, set()),
        ("ae", "pca", 3, LAYERS),
    ],
)
def test_layers_are_offered_for_the_maps_that_they_fit(trained, run: str, method: str, dims: int, without: set[str]) -> None:
    offered = {layer.name for layer in offered_layers(trained.runs[run], compute_projection(trained.runs[run], method, dims))}
    assert offered & LAYERS == LAYERS - without


def test_false_neighbours_are_shaded_orange_and_missing_ones_blue(trained) -> None:
    projection = compute_projection(trained.runs["vae"], "pca")
    left = projection.xy[:, 0] < 0
    nothing = np.zeros(len(projection.ids), np.float32)
    distortion = Distortion(np.where(left, 0.3, nothing), np.where(left, nothing, 0.3), len(left))
    overlay = distortion_overlay(projection, distortion)
    cells = estimate_density(projection.xy).cells
    drawn = pixels(overlay)[tuple(cells.T)]
    deep = np.abs(projection.xy[:, 0]) > projection.xy[:, 0].std()
    assert (drawn[deep & left, 0] > drawn[deep & left, 2]).all()
    assert (drawn[deep & ~left, 2] > drawn[deep & ~left, 0]).all()
    assert "orange: false" in overlay.annotations[0]["text"]
    assert not pixels(distortion_overlay(projection, Distortion(nothing, nothing, 0)))[..., 3].any()


def test_distant_positions_are_shaded(trained) -> None:
    distances = np.full((40, 40), 0.1, np.float32)
    distances[:10, 20:] = 9
    shaded = pixels(off_manifold_overlay(DistanceGrid(np.array([0, 1, 0, 1]), distances, 0.2)))[..., 3]
    assert (shaded > 0).tolist() == (distances > 1).tolist()


def test_outlines_have_the_names_of_the_clusters(trained) -> None:
    projection = compute_projection(trained.runs["vae"], "pca")
    clusters = find_clusters(trained.runs["vae"], projection)
    overlay = outlines_overlay(clusters)
    assert len(overlay.traces) == len(overlay.annotations) == len(clusters)
    assert [note["text"] for note in overlay.annotations] == [f"<b>{cluster.name}</b>" for cluster in clusters]
    assert [cluster_at(clusters, note["x"], note["y"]) for note in overlay.annotations] == clusters
    assert cluster_at(clusters, float(projection.xy[:, 0].max()) + 9, clusters[0].peak[1]) is None
    assert density_overlay(estimate_density(projection.xy)).traces[0].contours.coloring == "none"
