"""Workspaces made by 0.3.0, 0.4.0 and 0.4.2 open with all their runs, folds, tags, searches, links and results."""

import tarfile
from pathlib import Path

import numpy as np
import orjson
import pytest
import torch

from aeexplorer.cli.checkup import check_workspace
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.tags import read_tags
from aeexplorer.exchange.run_files.transfer import export_run, import_run
from aeexplorer.training.create import create_run
from aeexplorer.training.folds import finished_folds, spread
from aeexplorer.training.run import Run, all_runs, open_run
from aeexplorer.training.search.search import all_searches, create_search
from aeexplorer.training.search.study import suggest

VERSIONS = ["0.3.0", "0.4.0", "0.4.2"]
FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module", params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the workspace of a version."""
    folder = tmp_path_factory.mktemp(f"of-{request.param}")
    with tarfile.open(FIXTURES / f"workspace-{request.param}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def workspace(old: Path) -> Workspace:
    return Workspace.open(old / "workspace")


def run_named(workspace: Workspace, name: str) -> Run:
    return next(run for run in all_runs(workspace) if run.name == name)


def test_all_runs_are_listed_with_the_figures_that_their_version_listed(old: Path, workspace: Workspace) -> None:
    listed = {run["run"]: (run["name"], run["mse"]) for run in orjson.loads((old / "runs.json").read_bytes())}
    assert len(listed) == 7
    assert {run.id: (run.name, run.metrics["test"]["mse"]) for run in all_runs(workspace)} == listed
    assert {row.id for row in open_catalogue(workspace).runs()} == set(listed)
    assert check_workspace(workspace) == []
    for run_id in listed:  # a link names a run by its id
        assert open_run(workspace, run_id).history()[-1]["step"] == 3


def test_the_same_settings_give_the_old_run(workspace: Workspace) -> None:
    runs = {run.id: run for run in all_runs(workspace)}
    for run in runs.values():
        assert create_run(workspace, run.config, "again").id == run.id
    assert len(list(workspace.runs.iterdir())) == len(runs)


def test_the_models_give_the_stored_results(workspace: Workspace) -> None:
    for name in ("old vae", "old vq"):
        run = run_named(workspace, name)
        x, reconstruction = run.reconstruct(run.dataset.ids())
        (field,) = x
        errors = (x[field] - reconstruction[field]).square().flatten(1).mean(1)
        torch.testing.assert_close(errors, torch.from_numpy(np.array(run.errors)), rtol=1e-3, atol=1e-5)
        assert np.isfinite(run.latents(run.dataset.ids())).all()
        assert len(run.snapshots()) == 4
        assert len(run.snapshot(run.snapshots()[-1])["ids"]) > 0
    assert run.codes is not None
    assert len(run.codes) == run.dataset.n == 24


def test_folds_join(workspace: Workspace) -> None:
    fold = run_named(workspace, "old folds · fold 2 of 3")
    folds = finished_folds(fold)
    assert [run.config.fold for run in folds] == [0, 1, 2]
    assert [run.name for run in folds] == [f"old folds · fold {i} of 3" for i in (1, 2, 3)]
    errors = [run.metrics["test"]["mse"] for run in folds]
    assert spread(folds).mean == pytest.approx(sum(errors) / 3)


def test_searches_keep_their_trials(workspace: Workspace) -> None:
    (search,) = all_searches(workspace)
    trials = search.trials()
    assert [trial.values["model.bottleneck.latent_dim"] for trial in trials] == [1, 3]
    assert [search.run(trial).config.model.bottleneck.latent_dim for trial in trials] == [1, 3]
    assert len(search.ranked()) == 2
    assert suggest(search, trials) is None  # every combination of the grid was tried
    assert create_search(workspace, search.config, "again").id == search.id


def test_tags_are_read(workspace: Workspace, request: pytest.FixtureRequest) -> None:
    run = run_named(workspace, "old vae")
    tags = {name: ids.tolist() for name, ids in read_tags(run.folder / "tags.json", run.dataset.n).items()}
    has_tags = "0.3.0" not in request.node.callspec.id  # that version had no tags
    assert tags == ({"favourites": [1, 4, 9], "odd ones": [3, 7]} if has_tags else {})


def test_run_files_are_imported_and_runs_exported(old: Path, workspace: Workspace, tmp_path: Path) -> None:
    run = run_named(workspace, "old vae")
    for number, source in enumerate((old / "old-vae.aerun", export_run(run, tmp_path / "again.aerun"))):
        other = Workspace.open(tmp_path / f"other-{number}")
        imported = import_run(other, source)
        assert imported.id == run.id
        assert imported.metrics == run.metrics
        np.testing.assert_array_equal(imported.latents(run.dataset.ids()), run.latents(run.dataset.ids()))
