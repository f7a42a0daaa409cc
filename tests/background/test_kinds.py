"""Background jobs other than maps."""

import io
import json
import shutil
import time
from pathlib import Path

import pytest

from aeexplorer.analysis.generation.drawing import cached_prior
from aeexplorer.analysis.runs.quality.measuring import cached_measurement
from aeexplorer.background.kinds import is_done, parse_job
from aeexplorer.background.process import BackgroundProcess, serve
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run


@pytest.fixture
def copied(trained, tmp_path: Path) -> Workspace:
    """A copy of the workspace with the trained runs, without cached results."""
    ignored = shutil.ignore_patterns("projections", "quality", "priors")
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=ignored)
    return Workspace.open(tmp_path / "copy")


def test_jobs_leave_results_or_report_the_reason_of_a_failure(trained, copied: Workspace) -> None:
    run_id = trained.runs["vae"].id
    run = open_run(copied, run_id)
    jobs = [[run_id, "quality posterior", 0], [run_id, "prior mixture", 0], [run_id, "quality codebook", 0]]
    assert not any(is_done(run, name, dims) for _, name, dims in jobs)
    answers = io.StringIO()
    serve(copied, io.StringIO("".join(json.dumps(job) + "\n" for job in jobs)), answers)
    first, second, third = (json.loads(line) for line in answers.getvalue().splitlines())
    assert first == second == ""
    assert "not defined" in third
    assert cached_measurement(run, "posterior") is not None
    assert cached_prior(run, "mixture") is not None
    assert [is_done(run, name, dims) for _, name, dims in jobs] == [True, True, False]


def test_jobs_are_requested_by_name(trained, copied: Workspace) -> None:
    process = BackgroundProcess(copied)
    run_id = trained.runs["vae"].id
    process.request(run_id, "quality probes", 0)
    assert process.status(run_id, "quality probes", 0).state == "waiting"
    assert process.status(run_id, "quality posterior", 0).state == "absent"
    with pytest.raises(UserError, match="no family of metrics 'beauty'"):
        process.request(run_id, "quality beauty", 0)
    with pytest.raises(UserError, match="no prior 'magic'"):
        parse_job("prior magic")
    with pytest.raises(UserError, match="no projection 'magic prior'"):
        parse_job("magic prior")


def test_the_measuring_process_starts_with_the_first_request(trained, copied: Workspace) -> None:
    process = BackgroundProcess(copied, maps=False)
    run_id = trained.runs["ae"].id
    process.start()
    process.request(run_id, "quality neighbourhoods", 0)
    for _ in range(3_000):
        if process.status(run_id, "quality neighbourhoods", 0).state in ("ready", "failed"):
            break
        time.sleep(0.1)
    process.stop()
    assert process.status(run_id, "quality neighbourhoods", 0).state == "ready"
    assert (copied.root / "measuring.log").exists()
    assert not (copied.root / "projector.log").exists()
