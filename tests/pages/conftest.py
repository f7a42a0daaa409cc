"""Workspaces for tests of the pages, and events of charts."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import Run
from aeexplorer.ui.session.selection import pack_ids
from tests.pages.studio import Studio


@pytest.fixture
def studio(trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A copy of the workspace with the trained runs."""
    root = tmp_path / "workspace"
    shutil.copytree(trained.workspace.root, root)
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(root))
    workspace = Workspace.open(root)
    return Studio(workspace, {name: Run(workspace.run_folder(run.id)) for name, run in trained.runs.items()})


@pytest.fixture
def empty_studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """An empty workspace."""
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(tmp_path / "empty"))
    return Studio(Workspace.open(tmp_path / "empty"), {})


@pytest.fixture
def send_chart_event() -> Callable[..., None]:
    """A function that reports an event of a linked chart, as the browser would do, and runs the page again."""

    def send(at: AppTest, chart: str, version: int, ids: Any = (), **click: int) -> None:
        packed = pack_ids(np.asarray(ids, np.int32))
        position = {"id": None, "group": None, "x": None, "y": None} | click if click else None
        at.session_state[f"explore-{chart}"] = {"event": {"version": version, "ids": packed, "click": position}}
        at.run()
        assert not at.exception

    return send
