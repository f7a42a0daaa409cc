"""Searches that were damaged are found, mended where they can be, and stop no other search."""

from typing import Any

import pytest

from aeexplorer.cli.checkup import check_workspace, repair
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs.queue import queued_ids
from aeexplorer.jobs.searches import advance_search, advance_searches, search_status
from aeexplorer.jobs.worker import train
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import open_run, remove_run
from aeexplorer.training.search.search import Search, SearchConfig, all_searches, create_search, open_search
from aeexplorer.training.search.space import read_space


def searched(workspace: Workspace, dataset: Dataset, **settings: Any) -> Search:
    """A search over two trials, trained to its end."""
    changes = {"model.network": "dense", "model.hidden": 8, "training.epochs": 1}
    base = RunConfig(dataset=dataset.id).replace(changes)
    space = read_space(base, {"model.latent_dim": "1,2"})
    search = create_search(workspace, SearchConfig(base=base, space=space, sampler="grid", **settings), "mine", "", "cpu")
    go_on(search)
    return search


def go_on(search: Search) -> None:
    while search_status(search).active:
        advance_search(search, 1)
        for run_id in queued_ids(search.workspace):
            train(open_run(search.workspace, run_id), "cpu")


@pytest.fixture
def search(workspace: Workspace, dataset: Dataset) -> Search:
    open_catalogue(workspace).add_dataset(dataset.folder)
    return searched(workspace, dataset)


def problems(workspace: Workspace) -> dict[str, str]:
    return {problem.where: problem.what for problem in check_workspace(workspace)}


def test_a_whole_search_is_no_problem_and_mending_changes_nothing(workspace: Workspace, search: Search) -> None:
    assert problems(workspace) == {}
    before = {path.name: path.read_bytes() for path in search.folder.iterdir()}
    assert not [sentence for sentence in repair(workspace) if "search" in sentence]
    assert {path.name: path.read_bytes() for path in search.folder.iterdir()} == before


@pytest.mark.parametrize("name", ["trials.json", "ended.json"])
def test_a_list_that_cannot_be_read_is_found_again(workspace: Workspace, search: Search, name: str) -> None:
    before, ranked = search.trials(), search.ranked()
    (search.folder / name).write_bytes(b"[{")
    assert problems(workspace) == {search.id: f"its {name} cannot be read"}
    assert any(name in sentence for sentence in repair(workspace))
    assert problems(workspace) == {}
    go_on(open_search(workspace, search.id))
    assert search.trials() == before
    assert search.ranked() == ranked


def test_a_trial_whose_run_is_gone_is_noted_as_failed(workspace: Workspace, search: Search) -> None:
    lost = search.trials()[1]
    remove_run(workspace, lost.run_id)
    open_catalogue(workspace).remove(lost.run_id)
    assert problems(workspace) == {f"{search.id}, trial 2": f"its run {lost.run_id} is gone"}
    assert "The search mine: trials without a run noted as failed: 1." in repair(workspace)
    assert [trial.end for trial in search.trials()] == ["finished", "failed"]
    assert problems(workspace) == {}


def test_what_interrupted_writing_left_is_removed(workspace: Workspace, search: Search) -> None:
    (search.folder / ".trials.json.abc").write_bytes(b"[")
    assert problems(workspace) == {f"{search.id}/.trials.json.abc": "interrupted work left it"}
    repair(workspace)
    assert problems(workspace) == {}


def test_a_search_without_settings_is_told_and_stops_no_other(workspace: Workspace, dataset: Dataset, search: Search) -> None:
    (search.folder / "search.json").write_bytes(b"{}")
    (problem,) = check_workspace(workspace)
    assert (problem.where, problem.what) == (search.id, "its search.json cannot be read")
    assert str(search.folder) in problem.fix
    repair(workspace)
    assert search.folder.exists()
    other = searched(workspace, dataset, seed=1)
    assert [found.id for found in all_searches(workspace)] == [other.id]
    advance_searches(workspace, 1)


def test_a_search_whose_dataset_is_gone_is_told(workspace: Workspace, dataset: Dataset, search: Search) -> None:
    (dataset.folder / "dataset.json").unlink()
    assert problems(workspace)[search.id] == f"its dataset {dataset.id} is gone"
