"""All samples have a place on a map of some of them."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.maps import all_positions as everywhere
from aeexplorer.analysis.maps import projection as module
from aeexplorer.analysis.maps.all_positions import all_positions, places_job
from aeexplorer.analysis.maps.projection import compute, place
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.kinds import is_ready, make, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_json
from aeexplorer.training.run import Run


@pytest.fixture
def own(trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A copy of the VAE's run, whose maps show 100 samples."""
    run = trained.runs["vae"]
    shutil.copytree(run.folder, tmp_path / "runs" / run.id, ignore=shutil.ignore_patterns("projections"))
    (tmp_path / "datasets").symlink_to(trained.workspace.datasets)
    monkeypatch.setattr(everywhere, "CHUNK", 150)
    monkeypatch.setattr(module, "method_of", lambda name: replace(method_of(name), most=100))
    return Run(tmp_path / "runs" / run.id)


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_samples_that_the_map_does_not_show_are_placed_on_it(own: Run, method: str) -> None:
    made = compute(own, method)
    job = places_job(made)
    assert all_positions(own, made) is None
    assert parse_job(job) == job
    make(own, job, 0)
    assert is_ready(own, job, 0)
    found = all_positions(own, made)
    assert found is not None
    ids, xy = found
    assert isinstance(xy, np.memmap)
    assert ids.tolist() == list(range(400))
    assert np.array_equal(xy[made.ids], made.xy)
    others = np.setdiff1d(ids, made.ids)
    assert np.allclose(xy[others], place(made, own, own.latents(others)), atol=1e-5)


def test_new_results_make_places_void_and_new_places_replace_the_old(own: Run) -> None:
    made = compute(own, "pca")
    make(own, places_job(made), 0)
    write_json(own.folder / "metrics.json", {**own.metrics, "seconds": -1})
    new = Run(own.folder)
    assert all_positions(new, made) is None
    make(new, places_job(made), 0)
    assert all_positions(new, made) is not None
    assert len(list((own.folder / "projections").glob("*.npy"))) == 1


def test_a_map_of_all_samples_has_their_places_itself(trained) -> None:
    made = compute(trained.runs["vae"], "pca")
    found = all_positions(trained.runs["vae"], made)
    assert found is not None
    assert found[1] is made.xy


@pytest.mark.parametrize("name", ["places umap", "places umap-4", "places ../../etc-2"])
def test_what_is_no_map_has_no_places(name: str) -> None:
    with pytest.raises(UserError, match=r"no map|no projection"):
        parse_job(name)
