"""Runs to queue, train, watch and kill."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import status, train
from aeexplorer.jobs.requests import write_request
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run
from aeexplorer.training.run import Run

ENDLESS = {"training.epochs": 10_000, "training.deterministic": True}
"""Ends only when it is stopped, and is not compiled, during which it would listen to nobody."""


class Lab:
    """Makes runs of one small dataset, and waits for what they do."""

    def __init__(self, workspace: Workspace, dataset: Dataset) -> None:
        self.workspace = workspace
        self.dataset = dataset

    def run(self, seed: int = 0, **changes: object) -> Run:
        small = {"model.network": "dense", "model.hidden": 16, "training.epochs": 2, "training.batch_size": 8, "seed": seed}
        return create_run(self.workspace, RunConfig(dataset=self.dataset.id).replace(small | changes), f"run {seed}")

    def wait(self, run: Run, condition: Callable[[], object]) -> None:
        """Until something is so; fails, with what the run says of itself, when it is not after a long time."""
        patience = 1_200
        while not condition():
            patience -= 1
            assert patience, f"{status(run)}, {kinds(run)}, {log_of(run)}"
            time.sleep(0.05)

    @contextmanager
    def training(self, run: Run) -> Iterator[threading.Thread]:
        """The run in training in a thread; on leaving the thread has ended."""
        thread = threading.Thread(target=train, args=(run, "cpu"))
        thread.start()
        try:
            self.wait(run, lambda: not thread.is_alive() or kinds(run)[-1:] == ["progress"])
            yield thread
        except BaseException:
            write_request(run.folder, "pause")
            raise
        finally:
            thread.join()


def kinds(run: Run) -> list[str]:
    """The kinds of the run's events in their order."""
    return [event["kind"] for event in run.events()]


def life(run: Run) -> list[str]:
    """Those that tell of its life, not of its training."""
    return [kind for kind in kinds(run) if kind not in ("progress", "snapshot", "trained")]


def log_of(run: Run) -> str:
    """The end of what its workers printed."""
    path = run.folder / "worker.log"
    return path.read_text()[-2_000:] if path.exists() else ""
