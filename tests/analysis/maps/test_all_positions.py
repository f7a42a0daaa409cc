"""Positions of all samples on a map that shows only some of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.maps import all_positions as positions_module
from aeexplorer.analysis.maps import projection as projection_module
from aeexplorer.analysis.maps.all_positions import all_positions, all_positions_job
from aeexplorer.analysis.maps.projection import compute_projection, place_latents
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.kinds import is_done, parse_job, run_job
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_json
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A copy of the VAE's run, whose maps show 100 samples."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    monkeypatch.setattr(positions_module, "CHUNK_SIZE", 150)
    monkeypatch.setattr(projection_module, "method_of", lambda name: replace(method_of(name), max_samples=100))
    return Run(tmp_path / "runs" / run.id)


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_samples_outside_the_map_are_placed_on_it(own: Run, method: str) -> None:
    projection = compute_projection(own, method)
    job = all_positions_job(projection)
    assert all_positions(own, projection) is None
    assert parse_job(job) == job
    run_job(own, job, 0)
    assert is_done(own, job, 0)
    result = all_positions(own, projection)
    assert result is not None
    ids, xy = result
    assert isinstance(xy, np.memmap)
    assert ids.tolist() == list(range(400))
    assert np.array_equal(xy[projection.ids], projection.xy)
    others = np.setdiff1d(ids, projection.ids)
    assert np.allclose(xy[others], place_latents(projection, own, own.latents(others)), atol=1e-5)


def test_new_results_invalidate_positions_and_new_positions_replace_old_ones(own: Run) -> None:
    projection = compute_projection(own, "pca")
    run_job(own, all_positions_job(projection), 0)
    write_json(own.folder / "metrics.json", {**own.metrics, "seconds": -1})
    new = Run(own.folder)
    assert all_positions(new, projection) is None
    run_job(new, all_positions_job(projection), 0)
    assert all_positions(new, projection) is not None
    assert len(list((own.folder / "projections").glob("*.npy"))) == 1


def test_a_map_of_all_samples_needs_no_further_positions(trained) -> None:
    projection = compute_projection(trained.runs["vae"], "pca")
    result = all_positions(trained.runs["vae"], projection)
    assert result is not None
    assert result[1] is projection.xy


@pytest.mark.parametrize("name", ["places umap", "places umap-4", "places ../../etc-2"])
def test_unknown_map_names_are_refused(name: str) -> None:
    with pytest.raises(UserError, match=r"no map|no projection"):
        parse_job(name)
