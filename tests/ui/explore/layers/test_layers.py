"""Layers are offered where they make sense, and draw under the points what was computed."""

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

OURS = {"distortion", "off-manifold", "density", "clusters"}


def pixels(overlay: Overlay) -> np.ndarray:
    """RGBA of an overlay's picture, the lowest row first."""
    (image,) = overlay.images
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image["source"].partition(",")[2]))))[::-1]


@pytest.mark.parametrize(
    ("run", "method", "dims", "without"),
    [
        ("vae", "latents", 2, {"distortion"}),
        ("vae", "pca", 2, set()),
        ("vq", "pca", 2, set()),
        ("ae", "pca", 3, OURS),
    ],
)
def test_layers_are_offered_where_they_make_sense(trained, run: str, method: str, dims: int, without: set[str]) -> None:
    offered = {layer.name for layer in offered_layers(trained.runs[run], compute_projection(trained.runs[run], method, dims))}
    assert offered & OURS == OURS - without


def test_false_neighbours_are_shaded_orange_and_missing_ones_blue(trained) -> None:
    made = compute_projection(trained.runs["vae"], "pca")
    left = made.xy[:, 0] < 0
    nothing = np.zeros(len(made.ids), np.float32)
    found = Distortion(np.where(left, 0.3, nothing), np.where(left, nothing, 0.3), len(left))
    overlay = distortion_overlay(made, found)
    cells = estimate_density(made.xy).cells
    drawn = pixels(overlay)[tuple(cells.T)]
    deep = np.abs(made.xy[:, 0]) > made.xy[:, 0].std()
    assert (drawn[deep & left, 0] > drawn[deep & left, 2]).all()
    assert (drawn[deep & ~left, 2] > drawn[deep & ~left, 0]).all()
    assert "orange: false" in overlay.annotations[0]["text"]
    assert not pixels(distortion_overlay(made, Distortion(nothing, nothing, 0)))[..., 3].any()


def test_what_lies_beyond_the_samples_is_grey(trained) -> None:
    distances = np.full((40, 40), 0.1, np.float32)
    distances[:10, 20:] = 9
    shaded = pixels(off_manifold_overlay(DistanceGrid(np.array([0, 1, 0, 1]), distances, 0.2)))[..., 3]
    assert (shaded > 0).tolist() == (distances > 1).tolist()


def test_outlines_carry_names_as_plain_text(trained) -> None:
    made = compute_projection(trained.runs["vae"], "pca")
    found = find_clusters(trained.runs["vae"], made)
    overlay = outlines_overlay(found)
    assert len(overlay.traces) == len(overlay.annotations) == len(found)
    assert [note["text"] for note in overlay.annotations] == [f"<b>{cluster.name}</b>" for cluster in found]
    assert [cluster_at(found, note["x"], note["y"]) for note in overlay.annotations] == found
    assert cluster_at(found, float(made.xy[:, 0].max()) + 9, found[0].peak[1]) is None
    assert density_overlay(estimate_density(made.xy)).traces[0].contours.coloring == "none"
