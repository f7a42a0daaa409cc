"""Small runs for the tests of the jobs."""

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
"""Settings of a training that ends only when it is stopped. It is not compiled: it could not be stopped meanwhile."""


class Lab:
    """A factory of runs on one small dataset, which can also wait for them."""

    def __init__(self, workspace: Workspace, dataset: Dataset) -> None:
        self.workspace = workspace
        self.dataset = dataset

    def run(self, seed: int = 0, **changes: object) -> Run:
        small = {"model.network": "dense", "model.hidden": 16, "training.epochs": 2, "training.batch_size": 8, "seed": seed}
        return create_run(self.workspace, RunConfig(dataset=self.dataset.id).replace(small | changes), f"run {seed}")

    def wait(self, run: Run, condition: Callable[[], object]) -> None:
        """Wait until a condition holds. Fail with the state of the run if it does not hold after a minute."""
        attempts = 1_200
        while not condition():
            attempts -= 1
            assert attempts, f"{status(run)}, {kinds(run)}, {log_of(run)}"
            time.sleep(0.05)

    @contextmanager
    def training(self, run: Run) -> Iterator[threading.Thread]:
        """Train a run in a thread for the duration of the ``with`` block, and wait for the thread at its end."""
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
    """Return the kinds of the run's events in their order."""
    return [event["kind"] for event in run.events()]


def life(run: Run) -> list[str]:
    """Return the kinds of the events that start and end a run, without those of its progress."""
    return [kind for kind in kinds(run) if kind not in ("progress", "snapshot", "trained")]


def log_of(run: Run) -> str:
    """Return the end of the output of the run's workers."""
    path = run.folder / "worker.log"
    return path.read_text()[-2_000:] if path.exists() else ""
