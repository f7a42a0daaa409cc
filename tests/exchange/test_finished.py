"""A run from existing weights is evaluated in a confined process, never in the process that stores it."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.exchange import finished
from aeexplorer.exchange.finished import create_finished_run
from aeexplorer.training.run import Run


@pytest.fixture
def copied(trained: Any, tmp_path: Path) -> tuple[Workspace, Run]:
    """Copy a trained run into a new workspace."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy")
    workspace = Workspace.open(tmp_path / "copy")
    return workspace, Run(workspace.run_folder(trained.runs["ae"].id))


def test_the_dataset_is_encoded_in_another_process(copied: tuple[Workspace, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, run = copied

    def fail(*arguments: Any) -> None:
        raise AssertionError("the model was run in this process")

    monkeypatch.setattr(finished, "prepare", fail)
    monkeypatch.setattr(finished, "write_results", fail)
    said: list[str] = []
    config = run.config.replace({"seed": run.config.seed + 7})
    stored = create_finished_run(
        workspace, config, run.model.state_dict(), "again", "dense-ae", lambda fraction, text: said.append(text)
    )
    assert (stored.name, stored.record["preset"], stored.metrics["state"]) == ("again", "dense-ae", "finished")
    ids = run.dataset.ids()
    assert np.allclose(stored.latents(ids), run.latents(ids), atol=1e-5)
    assert "encoding the dataset" in said
    assert not list(workspace.staging.iterdir())


@pytest.mark.parametrize(
    ("limits", "message"),
    [({"_SECONDS": 1}, "takes longer than 1 seconds"), ({"_MEMORY_MB": 300}, "memory|crashed")],
    ids=["time", "memory"],
)
def test_its_time_and_memory_are_limited(
    copied: tuple[Workspace, Run], monkeypatch: pytest.MonkeyPatch, limits: dict[str, int], message: str
) -> None:
    workspace, run = copied
    for name, value in limits.items():
        monkeypatch.setattr(finished, name, value)
    before = sorted(workspace.runs.iterdir())
    config = run.config.replace({"seed": run.config.seed + 7})
    with pytest.raises(UploadRejected, match=message):
        create_finished_run(workspace, config, run.model.state_dict(), "again")
    assert sorted(workspace.runs.iterdir()) == before
    assert not list(workspace.staging.iterdir())
