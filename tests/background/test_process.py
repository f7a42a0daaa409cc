"""The background process: maps end to end, the order of requests, and recovery from its death."""

import io
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.maps.projection import cached_projection
from aeexplorer.background import process as process_module
from aeexplorer.background.process import BackgroundProcess, serve
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run

pytestmark = pytest.mark.xdist_group("umap")


@pytest.fixture
def copied(trained, tmp_path: Path) -> Workspace:
    """A copy of the workspace with the trained runs, without maps."""
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=shutil.ignore_patterns("projections"))
    return Workspace.open(tmp_path / "copy")


@pytest.fixture
def process(copied: Workspace) -> Iterator[BackgroundProcess]:
    """A background process that is not started; it is stopped at the end."""
    process = BackgroundProcess(copied)
    yield process
    process.stop()


def wait(condition: Callable[[], object]) -> None:
    """Wait until a condition holds, for at most five minutes."""
    for _ in range(3_000):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("the condition never held")


def children() -> set[int]:
    """Return the ids of running child processes of this process."""
    pids = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and fields[0] != "Z":
            pids.add(int(path.parent.name))
    return pids


def test_the_process_computes_a_map_recovers_from_its_death_and_ends(
    trained, copied: Workspace, process: BackgroundProcess
) -> None:
    vae = trained.runs["vae"].id
    before = children()
    process.start()
    wait(lambda: children() - before)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    assert process.status(vae, "umap").state == "absent"
    process.request(vae, "umap")
    assert process.status(vae, "umap").state == "waiting"
    wait(lambda: process.status(vae, "umap").state in ("ready", "failed"))
    assert process.status(vae, "umap").state == "ready"
    projection = cached_projection(open_run(copied, vae), "umap")
    assert projection is not None
    assert np.array_equal(projection.ids, np.arange(400))
    assert projection.trustworthiness is not None
    assert projection.trustworthiness > 0.9
    (child,) = children() - before
    assert os.getpriority(os.PRIO_PROCESS, child) == 19
    process.stop()
    assert children() <= before


def test_the_newest_request_comes_first_and_each_job_once(trained, process: BackgroundProcess) -> None:
    vae, vq = trained.runs["vae"].id, trained.runs["vq"].id
    for run, method in ((vae, "umap"), (vq, "umap"), (vq, "tsne"), (vae, "umap")):
        process.request(run, method)
    assert [process._waiting.pop()[:2] for _ in range(3)] == [(vae, "umap"), (vq, "tsne"), (vq, "umap")]
    assert not process._waiting


def test_unknown_runs_and_methods_are_refused(process: BackgroundProcess) -> None:
    with pytest.raises(UserError, match="not the id of a run"):
        process.request("../../etc", "umap")
    with pytest.raises(UserError, match="no projection 'nmap'"):
        process.request("run-000000000000", "nmap")


def test_the_child_answers_each_request_and_continues_after_a_failure(trained, copied: Workspace) -> None:
    vae, vq = trained.runs["vae"].id, trained.runs["vq"].id
    jobs = [[vq, "latents", 2], ["run-000000000000", "pca", 2], [vae, "pca", 3]]
    answers = io.StringIO()
    serve(copied, io.StringIO("".join(json.dumps(job) + "\n" for job in jobs)), answers)
    first, second, third = (json.loads(line) for line in answers.getvalue().splitlines())
    assert "latents makes no 2-dimensional map" in first
    assert "there is no run run-000000000000" in second
    assert third == ""
    assert cached_projection(open_run(copied, vae), "pca", 3) is not None


def test_an_unexpected_error_is_logged_under_the_id_that_the_page_shows(
    trained, copied: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(run: object, name: str, dims: int) -> None:
        raise KeyError("/secret/path")

    monkeypatch.setattr(process_module, "run_job", fail)
    answers = io.StringIO()
    with caplog.at_level("ERROR", "aeexplorer.background"):
        serve(copied, io.StringIO(json.dumps([trained.runs["vae"].id, "pca", 2]) + "\n"), answers)
    (record,) = [record for record in caplog.records if record.name == "aeexplorer.background"]
    error_id = record.getMessage().split()[1]
    reason = json.loads(answers.getvalue())
    assert reason.endswith(f"error {error_id}")
    assert "secret" not in reason
    assert record.exc_info is not None


def test_requests_fail_if_the_process_cannot_start(trained, process: BackgroundProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module.sys, "executable", "/bin/false")
    process.start()
    vae = trained.runs["vae"].id
    process.request(vae, "umap")
    wait(lambda: process.status(vae, "umap").state == "failed")
    assert "projector.log" in process.status(vae, "umap").reason


def test_a_job_fails_if_the_process_dies_repeatedly(
    trained, copied: Workspace, process: BackgroundProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = copied.root / "dying"
    dying.write_text("#!/bin/sh\necho '\"\"'\nread job\nkill -9 $$\n")
    dying.chmod(0o700)
    monkeypatch.setattr(process_module.sys, "executable", str(dying))
    process.start()
    vae = trained.runs["vae"].id
    process.request(vae, "umap")
    wait(lambda: process.status(vae, "umap").state == "failed")
    assert "died during this job" in process.status(vae, "umap").reason
