"""What starts a worker: a process here, a task on a cluster."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Protocol


class Worker(Protocol):
    """A worker that was started."""

    def ended(self) -> str | None:
        """How it ended, as a phrase for people; None while it lives."""
        ...


class Executor(ABC):
    """One way to start a worker. Every public module of this folder offers one."""

    name: ClassVar[str]
    """What people call it."""

    @abstractmethod
    def start(self, run_folder: Path, device: str, threads: int) -> Worker:
        """Start ``python -m aeexplorer.jobs.worker RUN_FOLDER --device DEVICE`` and return at once.

        Parameters
        ----------
        run_folder
            The run.
        device
            As in `aeexplorer.jobs.submit`.
        threads
            How many threads it may compute with.
        """
