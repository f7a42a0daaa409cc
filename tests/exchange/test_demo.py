"""The demo runs of a new workspace."""

import shutil

from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.cli.checkup import check_workspace
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange.demo import DEMOS, demo_files, demo_ids, install_demo
from aeexplorer.jobs import status
from aeexplorer.training.run import all_runs, remove_run


def test_a_new_workspace_gets_two_runs_ready_to_explore(workspace: Workspace) -> None:
    installed = install_demo(workspace)
    assert [run.name for run in installed] == [name for name, _, _ in DEMOS.values()]
    assert {run.id for run in all_runs(workspace)} == set(demo_ids())
    assert check_workspace(workspace) == []
    codebooks = 0
    for run in installed:
        assert status(run).state == "finished"
        assert run.metrics["test"]["mse"] < 0.05
        assert cached_projection(run, "umap") is not None
        assert len(run.reconstruct(run.dataset.ids("test"))[1]["image"]) == len(run.dataset.ids("test"))
        codebooks += run.codes is not None
    assert codebooks == 1
    assert min(run.latents(run.dataset.ids()).shape[1] for run in installed) == 2


def test_demo_runs_are_installed_once(workspace: Workspace) -> None:
    first, second = install_demo(workspace)
    assert install_demo(workspace) == []
    for run in (first, second):
        remove_run(workspace, run.id)
    assert install_demo(workspace) == []
    assert list(all_runs(workspace)) == []


def test_demo_runs_are_not_installed_in_a_workspace_with_runs(workspace: Workspace) -> None:
    remaining, removed = install_demo(workspace)
    remove_run(workspace, removed.id)
    (workspace.root / "demo-installed").unlink()
    assert install_demo(workspace) == []
    assert [run.id for run in all_runs(workspace)] == [remaining.id]


def test_demo_files_are_small() -> None:
    assert sum(path.stat().st_size for path in demo_files()) <= 1_500_000
    assert [path.stem for path in demo_files()] == list(DEMOS)


def test_an_interrupted_installation_is_repeated(workspace: Workspace) -> None:
    install_demo(workspace)
    shutil.rmtree(workspace.runs)
    workspace.runs.mkdir()
    (workspace.root / "demo-installed").unlink()
    assert len(install_demo(workspace)) == 2
    assert check_workspace(workspace) == []
