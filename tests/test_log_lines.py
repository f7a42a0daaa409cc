"""What a server's operator must see leaves a line: refused uploads, HTTP errors, starts of workers."""

import logging
from typing import Any

import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.confined import Upload
from aeexplorer.data.ingest.ingest import ingest
from aeexplorer.jobs.executors.base import Executor, Worker
from aeexplorer.jobs.pool import WorkerPool
from aeexplorer.jobs.queue import enqueue, read_tickets
from tests.routes.test_cards import get


def test_a_refused_upload_leaves_a_line(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "aeexplorer.data"), pytest.raises(UploadRejected):
        ingest(workspace, [Upload("nothing.png", b"no picture")])
    (record,) = [record for record in caplog.records if record.name == "aeexplorer.data"]
    assert "nothing.png" in record.getMessage()


def test_a_refused_request_leaves_a_line(trained: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AEEXPLORER_WORKSPACE", str(trained.workspace.root))
    with caplog.at_level(logging.INFO, "aeexplorer.routes"):
        get(f"/aex/runs/{trained.runs['vae'].id}/samples/999999999/card.png")
    assert [record.getMessage()[:3] for record in caplog.records if record.name == "aeexplorer.routes"] == ["404"]


def test_a_started_worker_leaves_a_line(
    trained: Any, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Idle:
        def exit_reason(self) -> str | None:
            return None

    class Recorder(Executor):
        def start(self, run_folder: object, device: str, threads: int) -> Worker:
            return Idle()

    run = trained.runs["vae"]
    folder = workspace.run_folder(run.id)
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    enqueue(workspace, run.id, "cpu")
    pool = WorkerPool(workspace)
    monkeypatch.setattr(pool, "_executor", Recorder())
    with caplog.at_level(logging.INFO, "aeexplorer.jobs"):
        pool.serve(read_tickets(workspace))
    assert [record.getMessage() for record in caplog.records if record.name == "aeexplorer.jobs"] == [
        f"starting a worker for {run.id} on cpu"
    ]
