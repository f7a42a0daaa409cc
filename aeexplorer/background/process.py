"""The projection process: one warm child beside the web server that makes the slow maps, and measures and fits what is slow.

A slow map takes seconds of a processor, and what it imports would weigh on the web process; so one niced,
single-threaded child imports that once, at the start of the app, and then takes requests as JSON lines. What it makes is
handed over through the run's folder, maps also while they are being made. A second child measures and fits, so that no
map waits for that. ``python -m aeexplorer.background.process WORKSPACE [warm]`` is such a child.
"""

import json
import os
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np

from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.kinds import is_ready, make, parse_job
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run

Job = tuple[str, str, int]
"""Run id, what to make (see `aeexplorer.background.kinds`), dimensions of a map or 0."""
TRIES = 2
"""A job during which the process died so often has failed; a process that so often does not get warm is given up."""
_WATCH = 2.0
_CALM = 8.0
"""Seconds from the start of the app until the process gets warm, unasked: the first page comes first."""
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class JobStatus:
    """How a job stands, and why where it failed."""

    state: Literal["absent", "waiting", "computing", "ready", "failed"]
    reason: str = ""


class BackgroundProcess:
    """Asks the projection process for jobs: the newest request first, each once, the process restarted when it dies.

    Parameters
    ----------
    workspace
        Whose runs are projected.
    maps
        Whether it is there for maps, and so gets warm unasked; else it starts at its first request, as is. The process's
        own messages go to ``projector.log`` or ``measuring.log`` in the workspace.
    """

    def __init__(self, workspace: Workspace, maps: bool = True) -> None:
        self._workspace = workspace
        self._maps = maps
        self._log = workspace.root / ("projector.log" if maps else "measuring.log")
        self._changed = threading.Condition()
        self._waiting: list[Job] = []
        self._computing: Job | None = None
        self._failed: dict[Job, str] = {}
        self._deaths: dict[Job, int] = {}
        self._stopping = False
        self._child: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the process, soon or at the first request; it then gets warm by itself. Does not wait for it."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the process, whatever it is at."""
        with self._changed:
            self._stopping = True
            if self._child is not None:
                self._child.kill()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def request(self, run_id: str, what: str, dims: int = 2) -> None:
        """Ask for a map or another job; one that waits already comes first now, one that failed is tried again.

        Raises
        ------
        UserError
            For something that is not the id of a run, and an unknown job.
        """
        self._workspace.run_folder(run_id)
        job = (run_id, parse_job(what), dims)
        with self._changed:
            if job == self._computing:
                return
            self._failed.pop(job, None)
            self._deaths.pop(job, None)
            if job in self._waiting:
                self._waiting.remove(job)
            self._waiting.append(job)
            self._changed.notify_all()

    def state(self, run_id: str, what: str, dims: int = 2) -> JobStatus:
        """How it stands; ready also when it was made by someone else."""
        if is_ready(open_run(self._workspace, run_id), what, dims):
            return JobStatus("ready")
        job = (run_id, what, dims)
        with self._changed:
            if job == self._computing:
                return JobStatus("computing")
            if job in self._waiting:
                return JobStatus("waiting")
            return JobStatus("failed", self._failed[job]) if job in self._failed else JobStatus("absent")

    def _run(self) -> None:
        cold = 0
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping, _CALM if self._maps else None)
        while not self._stopping and cold < TRIES:
            with self._log.open("w") as log:
                child = self._spawn(log)
            if child is None:
                return
            with child:
                if _answer(child) is not None:
                    cold = 0
                    self._serve(child)
                else:
                    cold += 1
        with self._changed:
            while not self._stopping:  # it cannot get warm here: every request fails with that reason
                for job in self._waiting:
                    self._failed[job] = f"the projection process does not start; see {self._log}"
                self._waiting.clear()
                self._changed.wait()

    def _spawn(self, log: IO[str]) -> "subprocess.Popen[str] | None":
        with self._changed:
            if self._stopping:
                return None
            self._child = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "aeexplorer.background.process",
                    str(self._workspace.root),
                    *(["warm"] if self._maps else []),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | _ENVIRONMENT,
                start_new_session=True,
            )
            return self._child

    def _serve(self, child: "subprocess.Popen[str]") -> None:
        """Hand over one request after another, until the process is gone."""
        while True:
            with self._changed:
                while not self._waiting and not self._stopping and child.poll() is None:
                    self._changed.wait(_WATCH)
                if self._stopping or child.poll() is not None:
                    return
                job = self._computing = self._waiting.pop()
            answer = _ask(child, job)
            with self._changed:
                self._computing = None
                if answer is None:
                    self._died(job)
                elif answer:
                    self._failed[job] = answer
            if answer is None:
                return

    def _died(self, job: Job) -> None:
        self._deaths[job] = self._deaths.get(job, 0) + 1
        if self._deaths[job] < TRIES:
            self._waiting.append(job)
        else:
            self._failed[job] = "the projection process died while making it, probably for want of memory"


def _ask(child: "subprocess.Popen[str]", job: Job) -> str | None:
    """Why a job failed, an empty text when it did not, None when the process died over it."""
    assert child.stdin is not None
    try:
        os.write(child.stdin.fileno(), json.dumps(job).encode() + b"\n")  # unbuffered: nothing is left to fail on closing
    except BrokenPipeError:
        return None
    return _answer(child)


def _answer(child: "subprocess.Popen[str]") -> str | None:
    assert child.stdout is not None
    line = child.stdout.readline()
    return json.loads(line) if line.endswith("\n") else None


def warm_up() -> None:
    """Make a tiny map, so that what UMAP needs is there. umap-learn and PaCMAP compile when they are first asked for."""
    method_of("umap").project(np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32), 2, 0)


def serve(workspace: Workspace, requests: IO[str], answers: IO[str]) -> None:
    """Take requests line by line until they end; each is answered by an empty text, or by why it failed."""
    for line in requests:
        run_id, what, dims = json.loads(line)
        reason = ""
        try:
            make(open_run(workspace, run_id), what, dims)
        except UserError as error:
            reason = str(error)
        except Exception as error:  # whatever it is, the page says so and the process goes on
            traceback.print_exc()
            reason = f"it could not be made: {error or type(error).__name__}"
        answers.write(json.dumps(reason) + "\n")
        answers.flush()


def main() -> None:
    """The child: gets out of everyone's way, gets warm where it is to, says so, serves."""
    os.nice(19)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to the log
    if "warm" in sys.argv[2:]:
        warm_up()
    answers.write('""\n')
    answers.flush()
    serve(Workspace(Path(sys.argv[1])), sys.stdin, answers)


if __name__ == "__main__":
    main()
