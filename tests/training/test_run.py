"""The run folder: the same settings are one run, which is read from its files alone."""

import json
from pathlib import Path

import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run
from aeexplorer.training.run import all_runs, open_run, remove_run


def test_the_same_settings_are_one_run_whatever_its_name(workspace: Workspace, dataset: Dataset) -> None:
    config = RunConfig(dataset=dataset.id)
    first = create_run(workspace, config, "one", "dense-ae")
    (first.folder / "kept").touch()
    second = create_run(workspace, RunConfig(dataset=dataset.id).replace({"seed": 0}), "two")
    third = create_run(workspace, config.replace({"seed": 1}), "three")
    assert first.id == second.id != third.id
    assert (second.folder / "kept").exists()
    assert second.name == "one"
    assert {run.id for run in all_runs(workspace)} == {first.id, third.id}
    assert list(workspace.staging.iterdir()) == []


def test_a_run_is_read_from_its_folder(workspace: Workspace, dataset: Dataset) -> None:
    config = RunConfig(dataset=dataset.id).replace({"model.bottleneck.kind": "gaussian", "model.bottleneck.beta": 2.0})
    run = open_run(workspace, create_run(workspace, config, "mine", "vae").id)
    assert run.config == config
    assert run.config.run_id == run.id
    assert (run.name, run.record["preset"]) == ("mine", "vae")
    assert run.dataset.id == dataset.id
    assert (run.events(), run.history(), run.snapshots(), run.finished) == ([], [], [], False)


def test_missing_datasets_runs_and_results_are_named(workspace: Workspace, dataset: Dataset) -> None:
    with pytest.raises(UserError, match="no dataset ds-000000000000"):
        create_run(workspace, RunConfig(dataset="ds-000000000000"), "x")
    with pytest.raises(UserError, match="no run run-000000000000"):
        open_run(workspace, "run-000000000000")
    with pytest.raises(UserError, match="not the id of a run"):
        open_run(workspace, "../datasets")
    run = create_run(workspace, RunConfig(dataset=dataset.id), "new")
    with pytest.raises(UserError, match="new has no results yet"):
        _ = run.metrics
    with pytest.raises(UserError, match="new has no weights yet"):
        _ = run.model


def test_settings_of_another_version_are_refused_with_a_fix(workspace: Workspace, dataset: Dataset) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "old")
    record = json.loads((run.folder / "run.json").read_text())
    record["config"]["model"]["sigma"] = 0.4
    (run.folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"run old was trained by another version .*model\.sigma.*Train it again"):
        _ = open_run(workspace, run.id).config


def test_removing_a_run(workspace: Workspace, dataset: Dataset) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "x")
    with lock(run.folder / "lock"), pytest.raises(UserError, match="is being trained"):
        remove_run(workspace, run.id)
    remove_run(workspace, run.id)
    assert not run.folder.exists()
    assert list(workspace.staging.iterdir()) == []


def test_artefacts_are_in_the_run_folder(workspace: Workspace, dataset: Dataset) -> None:
    run = create_run(workspace, RunConfig(dataset=dataset.id), "x")
    path = run.artefact("projections/pca.npy")
    assert path.parent.is_dir()
    assert path == Path(run.folder, "projections", "pca.npy")
