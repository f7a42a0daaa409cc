"""Damaged searches are found and repaired, and do not stop other searches."""

from typing import Any

import pytest

from aeexplorer.cli.checkup import check_workspace, repair_workspace
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.retries import Retries
from aeexplorer.jobs.searches import advance_search, advance_searches, search_status
from aeexplorer.jobs.worker import train
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import open_run, remove_run
from aeexplorer.training.search.search import Search, SearchConfig, all_searches, create_search, open_search
from aeexplorer.training.search.space import read_space


def finished_search(workspace: Workspace, dataset: Dataset, **settings: Any) -> Search:
    """Create a search with two trials and train it to its end."""
    changes = {"model.network": "dense", "model.hidden": 8, "training.epochs": 1}
    base = RunConfig(dataset=dataset.id).replace(changes)
    space = read_space(base, {"model.latent_dim": "1,2"})
    search = create_search(workspace, SearchConfig(base=base, space=space, sampler="grid", **settings), "mine", "", "cpu")
    continue_search(search)
    return search


def continue_search(search: Search) -> None:
    while search_status(search).active:
        advance_search(search, 1)
        for run_id in queued_ids(search.workspace):
            train(open_run(search.workspace, run_id), "cpu")


@pytest.fixture
def search(workspace: Workspace, dataset: Dataset) -> Search:
    open_catalogue(workspace).add_dataset(dataset.folder)
    return finished_search(workspace, dataset)


def problems(workspace: Workspace) -> dict[str, str]:
    return {problem.where: problem.reason for problem in check_workspace(workspace)}


def test_repair_does_not_change_an_intact_search(workspace: Workspace, search: Search) -> None:
    assert problems(workspace) == {}
    before = {path.name: path.read_bytes() for path in search.folder.iterdir()}
    assert not [sentence for sentence in repair_workspace(workspace) if "search" in sentence]
    assert {path.name: path.read_bytes() for path in search.folder.iterdir()} == before


@pytest.mark.parametrize("name", ["trials.json", "ended.json"])
def test_an_unreadable_list_is_rebuilt(workspace: Workspace, search: Search, name: str) -> None:
    before, ranked = search.trials(), search.ranked()
    (search.folder / name).write_bytes(b"[{")
    assert problems(workspace) == {search.id: f"its {name} cannot be read"}
    assert any(name in sentence for sentence in repair_workspace(workspace))
    assert problems(workspace) == {}
    continue_search(open_search(workspace, search.id))
    assert search.trials() == before
    assert search.ranked() == ranked


def test_a_trial_without_its_run_is_marked_as_failed(workspace: Workspace, search: Search) -> None:
    trial_without_run = search.trials()[1]
    remove_run(workspace, trial_without_run.run_id)
    open_catalogue(workspace).remove(trial_without_run.run_id)
    assert problems(workspace) == {f"{search.id}, trial 2": f"its run {trial_without_run.run_id} is missing"}
    assert "The search mine: trials without a run marked as failed: 1." in repair_workspace(workspace)
    assert [trial.end for trial in search.trials()] == ["finished", "failed"]
    assert problems(workspace) == {}


def test_leftover_files_are_removed(workspace: Workspace, search: Search) -> None:
    (search.folder / ".trials.json.abc").write_bytes(b"[")
    assert problems(workspace) == {f"{search.id}/.trials.json.abc": "it was left by interrupted work"}
    repair_workspace(workspace)
    assert problems(workspace) == {}


def test_a_search_without_settings_is_reported_and_stops_no_other(workspace: Workspace, dataset: Dataset, search: Search) -> None:
    (search.folder / "search.json").write_bytes(b"{}")
    (problem,) = check_workspace(workspace)
    assert (problem.where, problem.reason) == (search.id, "its search.json cannot be read")
    assert str(search.folder) in problem.fix
    repair_workspace(workspace)
    assert search.folder.exists()
    other = finished_search(workspace, dataset, seed=1)
    assert [search.id for search in all_searches(workspace)] == [other.id]
    advance_searches(workspace, 1, Retries())


def test_a_search_without_its_dataset_is_reported(workspace: Workspace, dataset: Dataset, search: Search) -> None:
    (dataset.folder / "dataset.json").unlink()
    assert problems(workspace)[search.id] == f"its dataset {dataset.id} is missing"
