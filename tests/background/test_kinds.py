"""What the projection process does besides maps."""

import io
import json
import shutil
import time
from pathlib import Path

import pytest

from aeexplorer.analysis.generation.drawing import fitted_prior
from aeexplorer.analysis.runs.quality.measuring import measured
from aeexplorer.background.kinds import is_ready, parse_job
from aeexplorer.background.process import BackgroundProcess, serve
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run


@pytest.fixture
def copied(trained, tmp_path: Path) -> Workspace:
    """A copy of the workspace with the trained runs, without what was computed of them."""
    left_out = shutil.ignore_patterns("projections", "quality", "priors")
    shutil.copytree(trained.workspace.root, tmp_path / "copy", ignore=left_out)
    return Workspace.open(tmp_path / "copy")


def test_it_measures_and_fits_and_says_why_it_could_not(trained, copied: Workspace) -> None:
    run_id = trained.runs["vae"].id
    run = open_run(copied, run_id)
    wanted = [[run_id, "quality posterior", 0], [run_id, "prior mixture", 0], [run_id, "quality codebook", 0]]
    assert not any(is_ready(run, what, dims) for _, what, dims in wanted)
    answers = io.StringIO()
    serve(copied, io.StringIO("".join(json.dumps(job) + "\n" for job in wanted)), answers)
    first, second, third = (json.loads(line) for line in answers.getvalue().splitlines())
    assert first == second == ""
    assert "no meaning" in third
    assert measured(run, "posterior") is not None
    assert fitted_prior(run, "mixture") is not None
    assert [is_ready(run, what, dims) for _, what, dims in wanted] == [True, True, False]


def test_requests_are_asked_for_by_name(trained, copied: Workspace) -> None:
    projector = BackgroundProcess(copied)
    run_id = trained.runs["vae"].id
    projector.request(run_id, "quality probes", 0)
    assert projector.state(run_id, "quality probes", 0).state == "waiting"
    assert projector.state(run_id, "quality posterior", 0).state == "absent"
    with pytest.raises(UserError, match="no family of metrics 'beauty'"):
        projector.request(run_id, "quality beauty", 0)
    with pytest.raises(UserError, match="no prior 'magic'"):
        parse_job("prior magic")
    with pytest.raises(UserError, match="no projection 'magic prior'"):
        parse_job("magic prior")


def test_the_measuring_process_starts_when_it_is_asked_and_ends(trained, copied: Workspace) -> None:
    projector = BackgroundProcess(copied, maps=False)
    run_id = trained.runs["ae"].id
    projector.start()
    projector.request(run_id, "quality neighbourhoods", 0)
    for _ in range(3_000):
        if projector.state(run_id, "quality neighbourhoods", 0).state in ("ready", "failed"):
            break
        time.sleep(0.1)
    projector.stop()
    assert projector.state(run_id, "quality neighbourhoods", 0).state == "ready"
    assert (copied.root / "measuring.log").exists()
    assert not (copied.root / "projector.log").exists()
