"""The projection process: maps end to end, the newest request first, and what happens when it dies."""

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

from aeexplorer.analysis.maps.projection import projection
from aeexplorer.background import process as module
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
def projector(copied: Workspace) -> Iterator[BackgroundProcess]:
    """Not started; stopped at the end."""
    projector = BackgroundProcess(copied)
    yield projector
    projector.stop()


def wait(condition: Callable[[], object]) -> None:
    """Until something is so, or for ever so long."""
    for _ in range(3_000):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it never came to be")


def children() -> set[int]:
    """Processes that were started from this one."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == os.getpid() and after_name[0] != "Z":
            found.add(int(path.parent.name))
    return found


def test_it_makes_a_umap_outlives_its_death_and_leaves_no_process(
    trained, copied: Workspace, projector: BackgroundProcess
) -> None:
    vae = trained.runs["vae"].id
    before = children()
    projector.start()
    wait(lambda: children() - before)
    for pid in children() - before:
        os.kill(pid, signal.SIGKILL)
    assert projector.state(vae, "umap").state == "absent"
    projector.request(vae, "umap")
    assert projector.state(vae, "umap").state == "waiting"
    wait(lambda: projector.state(vae, "umap").state in ("ready", "failed"))
    assert projector.state(vae, "umap").state == "ready"
    made = projection(open_run(copied, vae), "umap")
    assert made is not None
    assert np.array_equal(made.ids, np.arange(400))
    assert made.trustworthiness is not None
    assert made.trustworthiness > 0.9
    (child,) = children() - before
    assert os.getpriority(os.PRIO_PROCESS, child) == 19
    projector.stop()
    assert children() <= before


def test_requests_wait_newest_first_and_once(trained, projector: BackgroundProcess) -> None:
    vae, vq = trained.runs["vae"].id, trained.runs["vq"].id
    for run, method in ((vae, "umap"), (vq, "umap"), (vq, "tsne"), (vae, "umap")):
        projector.request(run, method)
    assert [projector._waiting.pop()[:2] for _ in range(3)] == [(vae, "umap"), (vq, "tsne"), (vq, "umap")]
    assert not projector._waiting


def test_what_is_no_run_and_no_method_is_refused_at_once(projector: BackgroundProcess) -> None:
    with pytest.raises(UserError, match="not the id of a run"):
        projector.request("../../etc", "umap")
    with pytest.raises(UserError, match="no projection 'nmap'"):
        projector.request("run-000000000000", "nmap")


def test_the_child_answers_each_request_and_goes_on_after_one_that_fails(trained, copied: Workspace) -> None:
    vae, vq = trained.runs["vae"].id, trained.runs["vq"].id
    wanted = [[vq, "latents", 2], ["run-000000000000", "pca", 2], [vae, "pca", 3]]
    answers = io.StringIO()
    serve(copied, io.StringIO("".join(json.dumps(job) + "\n" for job in wanted)), answers)
    first, second, third = (json.loads(line) for line in answers.getvalue().splitlines())
    assert "latents makes no 2-dimensional map" in first
    assert "there is no run run-000000000000" in second
    assert third == ""
    assert projection(open_run(copied, vae), "pca", 3) is not None


def test_a_process_that_cannot_start_fails_requests_with_the_reason(
    trained, projector: BackgroundProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    projector.start()
    vae = trained.runs["vae"].id
    projector.request(vae, "umap")
    wait(lambda: projector.state(vae, "umap").state == "failed")
    assert "projector.log" in projector.state(vae, "umap").reason


def test_a_map_over_which_the_process_dies_again_and_again_has_failed(
    trained, copied: Workspace, projector: BackgroundProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying = copied.root / "dying"
    dying.write_text("#!/bin/sh\necho '\"\"'\nread job\nkill -9 $$\n")
    dying.chmod(0o700)
    monkeypatch.setattr(module.sys, "executable", str(dying))
    projector.start()
    vae = trained.runs["vae"].id
    projector.request(vae, "umap")
    wait(lambda: projector.state(vae, "umap").state == "failed")
    assert "died while making it" in projector.state(vae, "umap").reason
