"""Base class of executors, which start workers: as a process on this machine, or as a task on a cluster."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Protocol


class Worker(Protocol):
    """A worker that an executor has started."""

    def exit_reason(self) -> str | None:
        """Return how the worker ended, as a phrase for people; None while it runs."""
        ...


class Executor(ABC):
    """A way to start workers. Every public module of this folder defines one executor."""

    name: ClassVar[str]
    """Name of the executor, for settings and people."""

    @abstractmethod
    def start(self, run_folder: Path, device: str, threads: int) -> Worker:
        """Start ``python -m aeexplorer.jobs.worker RUN_FOLDER --device DEVICE`` and return at once.

        Parameters
        ----------
        run_folder
            Folder of the run.
        device
            Where to train, as in `aeexplorer.jobs.submit`.
        threads
            Number of threads that the worker may compute with.
        """
