"""Background processes: warm children of the web server that compute maps, metrics and priors.

A slow map takes seconds of a processor, and its libraries would slow down the web process. A child process with low
priority and a single thread imports them once, when the app starts, and then runs one job after another. Requests and
answers are JSON lines over pipes; results, including partial maps, are left in the run folder. A second child computes
metrics and priors, so that maps never wait for them.

``python -m aeexplorer.background.process WORKSPACE [warm]`` runs such a child.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np

from aeexplorer.analysis.cache import provide_spare_folder
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.background.kinds import is_done, parse_job, run_job
from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import configure_logging, log_error, package_logger
from aeexplorer.core.workspace import Workspace
from aeexplorer.training.run import open_run

_log = package_logger(__name__)

Job = tuple[str, str, int]
"""Run id, name of the job (see `aeexplorer.background.kinds`), and dimensions of a map or 0."""
MAX_ATTEMPTS = 2
"""A job fails after the process has died this often while running it; a process that fails to start this often is given
up."""
_POLL_SECONDS = 2.0
"""Interval at which an idle process is checked for being alive."""
_WARM_UP_DELAY_SECONDS = 8.0
"""Time from the start of the app until the process starts without a request, so that the first page is not slowed down."""
_MAX_LOG_BYTES = 1 << 20
"""A process that starts goes on with the log of the one before it, unless that is longer."""
_CHILD_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
"""Environment variables that limit numerical libraries to one thread."""


@dataclass(frozen=True)
class JobStatus:
    """State of a job, and the reason if it has failed."""

    state: Literal["absent", "waiting", "computing", "ready", "failed"]
    reason: str = ""


class BackgroundProcess:
    """A background process and its queue of jobs.

    The newest request runs first, each job once. The process is restarted when it dies.

    Parameters
    ----------
    workspace
        Workspace of the runs.
    maps
        Whether the process computes maps. If so, it starts and warms up soon after the app; else it starts at the first
        request. Its output goes to ``projector.log`` (maps) or ``measuring.log`` in the workspace.
    """

    def __init__(self, workspace: Workspace, maps: bool = True) -> None:
        self._workspace = workspace
        self._maps = maps
        self._log_path = workspace.root / ("projector.log" if maps else "measuring.log")
        self._changed = threading.Condition()  # guards all attributes below
        self._waiting: list[Job] = []  # the newest request is last
        self._computing: Job | None = None
        self._failed: dict[Job, str] = {}  # job → reason
        self._deaths: dict[Job, int] = {}  # job → deaths of the process while running the job
        self._stopping = False
        self._child: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that manages the process; return at once."""
        self._stopping = False
        provide_spare_folder()
        self._thread = threading.Thread(target=self._manage, name="projector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Kill the process, even in the middle of a job."""
        with self._changed:
            self._stopping = True
            if self._child is not None:
                self._child.kill()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def request(self, run_id: str, name: str, dims: int = 2) -> None:
        """Request a job. A waiting job moves to the front of the queue, and a failed job is tried again.

        Parameters
        ----------
        run_id
            Id of a run in the workspace.
        name
            Name of the job, see `aeexplorer.background.kinds`.
        dims
            Dimensions of a map; 0 for other jobs.

        Raises
        ------
        UserError
            If the id is not the id of a run, or there is no such job.
        """
        self._workspace.run_folder(run_id)
        job = (run_id, parse_job(name), dims)
        with self._changed:
            if job == self._computing:
                return
            self._failed.pop(job, None)
            self._deaths.pop(job, None)
            if job in self._waiting:
                self._waiting.remove(job)
            self._waiting.append(job)
            self._changed.notify_all()

    def status(self, run_id: str, name: str, dims: int = 2) -> JobStatus:
        """Return the status of a job. It is ready whenever its result exists, whoever computed it."""
        if is_done(open_run(self._workspace, run_id), name, dims):
            return JobStatus("ready")
        job = (run_id, name, dims)
        with self._changed:
            if job == self._computing:
                return JobStatus("computing")
            if job in self._waiting:
                return JobStatus("waiting")
            return JobStatus("failed", self._failed[job]) if job in self._failed else JobStatus("absent")

    def _manage(self) -> None:
        """Keep the process running until `stop` is called: the thread's main loop."""
        failed_starts = 0
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stopping, _WARM_UP_DELAY_SECONDS if self._maps else None)
        while not self._stopping and failed_starts < MAX_ATTEMPTS:
            is_long = self._log_path.exists() and self._log_path.stat().st_size > _MAX_LOG_BYTES
            with self._log_path.open("w" if is_long else "a") as log:
                child = self._spawn(log)
            if child is None:
                return
            with child:
                if _read_answer(child) is not None:  # the child is ready
                    failed_starts = 0
                    self._send_jobs(child)
                else:
                    failed_starts += 1
        # the process cannot start: fail every request
        with self._changed:
            while not self._stopping:
                for job in self._waiting:
                    self._failed[job] = f"the background process does not start; see {self._log_path}"
                self._waiting.clear()
                self._changed.wait()

    def _spawn(self, log: IO[str]) -> "subprocess.Popen[str] | None":
        """Start the child process, or return None after `stop`."""
        with self._changed:
            if self._stopping:
                return None
            _log.info("starting the background process for %s", "maps" if self._maps else "measurements")
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
                env=os.environ | _CHILD_ENVIRONMENT,
                start_new_session=True,
            )
            return self._child

    def _send_jobs(self, child: "subprocess.Popen[str]") -> None:
        """Send one job after another to the process, until it dies or `stop` is called."""
        while True:
            with self._changed:
                while not self._waiting and not self._stopping and child.poll() is None:
                    self._changed.wait(_POLL_SECONDS)
                if self._stopping or child.poll() is not None:
                    return
                job = self._computing = self._waiting.pop()
            answer = _run_in_child(child, job)
            with self._changed:
                self._computing = None
                if answer is None:
                    self._record_death(job)
                elif answer:
                    _log.warning("%s of %s failed: %s", job[1], job[0], answer)
                    self._failed[job] = answer
            if answer is None:
                return

    def _record_death(self, job: Job) -> None:
        self._deaths[job] = self._deaths.get(job, 0) + 1
        if self._deaths[job] < MAX_ATTEMPTS:
            _log.warning("the background process died during %s of %s; trying again", job[1], job[0])
            self._waiting.append(job)
        else:
            _log.warning("the background process died again during %s of %s", job[1], job[0])
            self._failed[job] = "the background process died during this job, probably because memory ran out"


def _run_in_child(child: "subprocess.Popen[str]", job: Job) -> str | None:
    """Run a job in the process.

    Returns
    -------
    str or None
        Empty if the job succeeded, else the reason of the failure; None if the process died.
    """
    assert child.stdin is not None
    try:
        os.write(child.stdin.fileno(), json.dumps(job).encode() + b"\n")  # unbuffered, so that closing the pipe cannot fail
    except BrokenPipeError:
        return None
    return _read_answer(child)


def _read_answer(child: "subprocess.Popen[str]") -> str | None:
    """Read one line from the process, or return None if it has died."""
    assert child.stdout is not None
    line = child.stdout.readline()
    return json.loads(line) if line.endswith("\n") else None


def warm_up() -> None:
    """Compute a tiny UMAP, so that its libraries are imported. umap-learn and PaCMAP are compiled at their first job."""
    method_of("umap").project(np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32), 2, 0)


def serve(workspace: Workspace, requests: IO[str], answers: IO[str]) -> None:
    """Run the requested jobs, one per line, until the input ends; answer each with an empty text or the reason of its failure."""
    for line in requests:
        run_id, name, dims = json.loads(line)
        reason = ""
        try:
            run_job(open_run(workspace, run_id), name, dims)
        except UserError as error:
            reason = str(error)
        except Exception as error:  # the page shows any error, and the process continues
            error_id = log_error(_log, f"{name} of {run_id}", error)
            reason = f"something went wrong; the logs in the workspace explain it under error {error_id}"
        answers.write(json.dumps(reason) + "\n")
        answers.flush()


def main() -> None:
    """Run the child process: lower its priority, warm up if requested, report that it is ready, and serve requests."""
    os.nice(19)
    configure_logging("info")
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the output of libraries goes to the log
    if "warm" in sys.argv[2:]:
        warm_up()
    answers.write('""\n')  # ready
    answers.flush()
    serve(Workspace(Path(sys.argv[1])), sys.stdin, answers)


if __name__ == "__main__":
    main()
