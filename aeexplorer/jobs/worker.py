"""A worker: one process that trains one run. ``python -m aeexplorer.jobs.worker RUN_FOLDER --device auto``."""

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
from aeexplorer.jobs.requests import withdraw_request

if TYPE_CHECKING:
    from aeexplorer.training.run import Run

NICENESS = 19


def train(run: Run, device: str = "auto") -> None:
    """Train a run in this process, from its last checkpoint if it has one, to its results.

    Returns when it has finished, was paused or was cancelled; `aeexplorer.jobs.status` says which.

    Parameters
    ----------
    run
        The run.
    device
        ``auto`` (CUDA where there is one), ``cpu``, ``cuda`` or ``cuda:1``.

    Raises
    ------
    UserError
        If it diverges, memory runs out, its dataset cannot be read, or another process is training it. Whatever ends a
        training also stands in the run's events.
    """
    with _held(run.folder):
        from aeexplorer.jobs.training_job import TrainingJob

        withdraw_request(run.folder)
        TrainingJob(run, device, threading.Event()).train()


def main(arguments: list[str] | None = None) -> int:
    """Train a run as a process of its own; the exit code is 0 when it ended as it should, else 1.

    On SIGTERM it writes a checkpoint and leaves; its ticket stays, so that the next supervisor lets it go on.
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
        with _held(folder):
            from aeexplorer.jobs.training_job import TrainingJob
            from aeexplorer.training.run import Run

            TrainingJob(Run(folder), options.device, stop).train()
    except Exception:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The run's lock. It is taken before torch is imported, so that a worker can be seen at once."""
    with lock(folder / "lock") as held:
        if not held:
            raise UserError(f"the run {folder.name} is being trained already", "Watch that training, or cancel it first")
        yield


if __name__ == "__main__":
    sys.exit(main())
