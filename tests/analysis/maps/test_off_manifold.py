"""Places of a plane that do not come back from decoding and encoding."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.analysis.maps import off_manifold as manifold
from aeexplorer.analysis.maps.off_manifold import SIDE, kept_plane, off_manifold, off_manifold_job
from aeexplorer.analysis.maps.projection import compute
from aeexplorer.background.kinds import is_ready, make, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path) -> Run:
    """A copy of the VAE's run, with its own folder."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id)
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    return Run(tmp_path / "runs" / run.id)


def test_distances_are_those_of_the_model(own: Run) -> None:
    made = compute(own, "latents")
    found = off_manifold(own, made)
    x = np.linspace(*found.bounds[:2], SIDE)
    y = np.linspace(*found.bounds[2:], SIDE)
    latents = own.latents(made.ids)
    spread = np.sqrt(np.square(latents - latents.mean(0)).sum(1).mean())
    for row, column in ((0, 0), (20, 7), (39, 39)):
        z = torch.tensor([[x[column], y[row]]], dtype=torch.float32)
        back = own.model.encode(own.model.decode(z)).latent
        assert found.distances[row, column] == pytest.approx(float((back - z).norm()) / spread, rel=1e-3)
    assert (made.xy.min(0) > found.bounds[[0, 2]]).all()
    assert (made.xy.max(0) < found.bounds[[1, 3]]).all()
    kept = kept_plane(own, made)
    assert kept is not None
    assert np.array_equal(kept.distances, found.distances)
    assert kept_plane(own, replace(made, xy=made.xy + 1)) is None


def test_far_from_all_samples_is_off_the_manifold(own: Run) -> None:
    made = compute(own, "latents")
    near = off_manifold(own, made)
    far = off_manifold(own, replace(made, xy=made.xy * 30))
    corner = far.distances[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corner.min() > 3 * far.usual
    assert far.usual == pytest.approx(near.usual)


def test_maps_without_latents_of_their_own_have_none(own: Run) -> None:
    made = compute(own, "pca")
    with pytest.raises(UserError, match="have no latent"):
        off_manifold(own, replace(made, method="umap", plane=None))


def test_large_samples_are_left_to_the_projection_process(own: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made = compute(own, "pca")
    assert off_manifold_job(own, made) == ""
    monkeypatch.setattr(manifold, "QUICK", 10)
    what = parse_job(off_manifold_job(own, made))
    assert what == "manifold pca-2-latents"
    assert not is_ready(own, what, 0)
    make(own, what, 0)
    assert is_ready(own, what, 0)
    assert off_manifold_job(own, made) == ""
