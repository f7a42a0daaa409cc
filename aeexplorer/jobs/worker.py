"""The worker: one process that trains one run.

It is started as ``python -m aeexplorer.jobs.worker RUN_FOLDER --device auto``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.jobs.heartbeat import Heartbeat
from aeexplorer.jobs.requests import follow_request, read_request, withdraw_request

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

NICENESS = 19
"""Lowest scheduling priority: the app stays responsive while workers train."""


def train(run: Run, device: str = "auto") -> None:
    """Train a run in this process, from its last checkpoint if it has one, and write its results.

    Returns when the run has finished, was paused or was cancelled; `aeexplorer.jobs.status` says which.

    Parameters
    ----------
    run
        Run to train.
    device
        ``auto`` (CUDA if available), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises
    ------
    UserError
        If the training diverges, memory runs out, the dataset cannot be read, or another process is training the run.
        Unless another process is training the run, the error is also recorded in the run's events.
    """
    with _run_lock(run.folder):
        from aeexplorer.jobs.training_job import TrainingJob

        withdraw_request(run.folder)
        TrainingJob(run, device, threading.Event()).train()


def main(arguments: list[str] | None = None) -> int:
    """Train a run as the main function of a worker process. Return the exit code: 0, or 1 after an error.

    On SIGTERM the worker writes a checkpoint and exits. The run keeps its ticket, so that the next supervisor resumes it.
    """
    parser = argparse.ArgumentParser(prog="python -m aeexplorer.jobs.worker", description="Train one run.")
    parser.add_argument("run", type=Path, help="the run's folder")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    os.nice(NICENESS)
    folder = options.run.resolve()
    try:
        with _run_lock(folder):
            follow_request(folder, read_request(folder) is not None)
            heartbeat = Heartbeat()
            with heartbeat.run(folder):
                from aeexplorer.jobs.training_job import TrainingJob
                from aeexplorer.training.run import Run

                TrainingJob(Run(folder), options.device, stop, heartbeat.beat).train()
    except Exception:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _run_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run. It is acquired before torch is imported, so that the worker is visible at once."""
    with lock(folder / "lock") as acquired:
        if not acquired:
            raise UserError(f"the run {folder.name} is being trained already", "Watch that training, or cancel it first")
        yield


if __name__ == "__main__":
    sys.exit(main())
