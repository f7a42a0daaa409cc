"""Positions of a plane that change when they are decoded and encoded."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.analysis.maps import off_manifold as off_manifold_module
from aeexplorer.analysis.maps.off_manifold import GRID_SIDE, cached_distances, off_manifold_distances, off_manifold_job
from aeexplorer.analysis.maps.projection import compute_projection
from aeexplorer.background.kinds import is_done, parse_job, run_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id)
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


def test_distances_agree_with_the_model(own: Run) -> None:
    projection = compute_projection(own, "latents")
    grid = off_manifold_distances(own, projection)
    x = np.linspace(*grid.bounds[:2], GRID_SIDE)
    y = np.linspace(*grid.bounds[2:], GRID_SIDE)
    latents = own.latents(projection.ids)
    spread = np.sqrt(np.square(latents - latents.mean(0)).sum(1).mean())
    for row, column in ((0, 0), (20, 7), (39, 39)):
        z = torch.tensor([[x[column], y[row]]], dtype=torch.float32)
        cycled = own.model.encode(own.model.decode(z)).latent
        assert grid.distances[row, column] == pytest.approx(float((cycled - z).norm()) / spread, rel=1e-3)
    assert (projection.xy.min(0) > grid.bounds[[0, 2]]).all()
    assert (projection.xy.max(0) < grid.bounds[[1, 3]]).all()
    cached = cached_distances(own, projection)
    assert cached is not None
    assert np.array_equal(cached.distances, grid.distances)
    assert cached_distances(own, replace(projection, xy=projection.xy + 1)) is None


def test_positions_far_from_all_samples_exceed_the_threshold(own: Run) -> None:
    projection = compute_projection(own, "latents")
    near = off_manifold_distances(own, projection)
    far = off_manifold_distances(own, replace(projection, xy=projection.xy * 30))
    corner = far.distances[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corner.min() > 3 * far.threshold
    assert far.threshold == pytest.approx(near.threshold)


def test_maps_without_a_plane_are_refused(own: Run) -> None:
    projection = compute_projection(own, "pca")
    with pytest.raises(UserError, match="have no latent"):
        off_manifold_distances(own, replace(projection, method="umap", plane=None))


def test_large_samples_are_left_to_a_background_job(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    projection = compute_projection(own, "pca")
    assert off_manifold_job(own, projection) == ""
    monkeypatch.setattr(off_manifold_module, "MAX_QUICK_FEATURES", 10)
    job = parse_job(off_manifold_job(own, projection))
    assert job == "manifold pca-2-latents"
    assert not is_done(own, job, 0)
    run_job(own, job, 0)
    assert is_done(own, job, 0)
    assert off_manifold_job(own, projection) == ""
