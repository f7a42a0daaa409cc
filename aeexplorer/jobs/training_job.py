"""What a worker does with its run: load, train, report, checkpoint, obey, measure. The run's lock is held all the while."""

import os
import threading
import time
from typing import Any

import torch

import aeexplorer
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs.queue import changing, withdraw
from aeexplorer.jobs.requests import requested, withdraw_request
from aeexplorer.jobs.status import has_checkpoint
from aeexplorer.training.checkpoint import damaged, load_checkpoint, save_checkpoint
from aeexplorer.training.events import EventLog
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.results import probe_ids, write_results, write_snapshot
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import Diverged, Trainer, choose_device, prepare

EPOCH_INTERVAL = 10.0
"""Seconds of training between checkpoints at the end of an epoch."""
STEP_INTERVAL = 30.0
"""Seconds of training after which a checkpoint is written in the middle of an epoch."""
CHECKPOINT_SHARE = 0.05
"""Checkpoints become rarer where writing them would take more than this share of the time."""
SNAPSHOTS = 60
SNAPSHOT_ROOM = 2**27
"""Bytes that the snapshots of a run may take: there are fewer of large ones."""
FEWEST_SNAPSHOTS = 8
SNAPSHOT_SHARE = 0.05
SNAPSHOT_GRACE = 1.0
"""Seconds that snapshots may take beyond their share, so that short trainings can be watched as well."""


TERMINATED = "Its worker was told to leave. Resume it to go on from the checkpoint that it left."


class _Stop(Exception):
    """The training is to stop between two steps."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class TrainingJob:
    """One worker's time with a run.

    Parameters
    ----------
    run, device
        As in `aeexplorer.jobs.worker.train`.
    stop
        When set, a checkpoint is written and the training left as it is.
    """

    def __init__(self, run: Run, device: str, stop: threading.Event) -> None:
        self.run = run
        self.device = device
        self.stop = stop
        self.workspace = Workspace(run.folder.parent.parent)
        self._before = {"seconds": 0.0, "cpu_seconds": 0.0}
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        self._saved = self._wall
        self._saving = self._snapping = 0.0
        self._opened = self._last = (0, 0.0)
        self._pace, self._compiling = 0.0, False

    def train(self) -> None:
        """Train to the end, or until asked to stop; whatever else ends it is raised as a `UserError`."""
        with EventLog(self.run.folder) as self._log:
            try:
                self._train()
            except Exception as error:
                explained = explain(error, self.run)
                self._end("failed", reason=explained.reason, fix=explained.fix, message=str(explained))
                raise explained from error

    def _train(self) -> None:
        wish = requested(self.run.folder)
        if wish == "pause":
            return self._end("paused")
        if wish == "cancel" and not has_checkpoint(self.run.folder):
            return self._end("cancelled")
        trainer = self._open()
        try:
            self._obey()
            self._snapshot(trainer)
            for snapshot in fit(trainer, lambda: self._between_steps(trainer)):
                self._record(trainer, snapshot)
        except _Stop as stop:
            self._save(trainer)
            if stop.kind == "terminated":
                return self._log.append("interrupted", step=trainer.step, message=TERMINATED)
            if stop.kind == "paused":
                return self._end("paused", step=trainer.step)
            return self._finish(trainer, "cancelled")
        except Diverged:
            save_checkpoint(self.run.folder / "checkpoint", trainer.checkpoint())
            raise
        self._save(trainer)
        return self._finish(trainer, "finished")

    def _open(self) -> Trainer:
        """The trainer as it was last left."""
        device = choose_device(self.device)
        checkpoint = load_checkpoint(self.run.folder / "checkpoint")
        require_readable(self.run.dataset)
        trainer = prepare(self.run.config, self.run.dataset, device)
        facts: dict[str, Any] = {"threads": torch.get_num_threads(), "pid": os.getpid(), **arithmetic(trainer), **versions()}
        if checkpoint is not None:
            trainer.resume(checkpoint)
            self._before = checkpoint.state["session"]
            facts["damaged"] = damaged(self.run.folder / "checkpoint")
        self._planned = [step for step in snapshot_steps(trainer.steps) if step >= trainer.step]
        for path in self.run.snapshots():
            if checkpoint is None or int(path.stem) > trainer.step:
                path.unlink()
        self._log.append("started" if checkpoint is None else "resumed", **self._place(trainer), **facts)
        self._log.sync()
        self._opened = (trainer.step, trainer.seconds)
        self._last = (trainer.samples, trainer.seconds)
        return trainer

    def _record(self, trainer: Trainer, snapshot: Snapshot) -> None:
        samples, seconds = snapshot.samples - self._last[0], snapshot.seconds - self._last[1]
        self._last = (snapshot.samples, snapshot.seconds)
        if not self._compiling:  # else the pace is that of before
            self._pace = (trainer.seconds - self._opened[1]) / (trainer.step - self._opened[0])
        else:
            self._opened = (trainer.step, trainer.seconds)
        self._compiling = snapshot.compiling
        self._log.append(
            "progress",
            **self._place(trainer),
            losses=snapshot.losses,
            metrics=snapshot.metrics,
            learning_rate=snapshot.learning_rate,
            samples_per_second=samples / max(seconds, 1e-9),
            seconds_left=(trainer.steps - trainer.step) * self._pace,
            device=str(trainer.device),
            end_of_epoch=snapshot.end_of_epoch,
            stopped_early=snapshot.stopped_early,
            compiling=snapshot.compiling,
        )
        self._snapshot(trainer)
        if snapshot.end_of_epoch and self._since_checkpoint() > EPOCH_INTERVAL:
            self._save(trainer)
        self._obey()

    def _between_steps(self, trainer: Trainer) -> None:
        if self._since_checkpoint() > STEP_INTERVAL:
            self._save(trainer)
        self._obey()

    def _obey(self) -> None:
        if self.stop.is_set():
            raise _Stop("terminated")
        if wish := requested(self.run.folder):
            raise _Stop("paused" if wish == "pause" else "cancelled")

    def _snapshot(self, trainer: Trainer) -> None:
        if not self._planned or trainer.step < self._planned[0]:
            return
        self._planned = [step for step in self._planned if step > trainer.step]
        allowed = SNAPSHOT_SHARE * self._spent()["seconds"] + SNAPSHOT_GRACE
        if self._snapping > allowed and trainer.step != trainer.steps:
            return
        started = time.perf_counter()
        with trainer.averaged():
            written = write_snapshot(self.run, trainer, probe_ids(self.run.dataset))
        room = max(FEWEST_SNAPSHOTS, SNAPSHOT_ROOM // written.stat().st_size)
        self._planned = [step for step in snapshot_steps(trainer.steps, min(SNAPSHOTS, room)) if step > trainer.step]
        self._snapping += time.perf_counter() - started
        self._log.append("snapshot", step=trainer.step)

    def _since_checkpoint(self) -> float:
        """Seconds since the last checkpoint, counted slower where writing it took long."""
        passed = time.perf_counter() - self._saved
        return passed if passed * CHECKPOINT_SHARE >= self._saving else 0.0

    def _save(self, trainer: Trainer) -> None:
        started = time.perf_counter()
        checkpoint = trainer.keep()
        checkpoint.state["session"] = self._spent()
        self._log.sync()
        save_checkpoint(self.run.folder / "checkpoint", checkpoint)
        self._saved = time.perf_counter()
        self._saving = self._saved - started

    def _finish(self, trainer: Trainer, kind: str) -> None:
        self._log.append("trained", **self._place(trainer))
        facts = {
            **self._spent(),
            "samples_per_second": trainer.samples / max(trainer.seconds, 1e-9),
            **arithmetic(trainer),
            "epochs": trainer.epoch,
            "state": kind,
            "versions": versions(),
        }
        trainer.settle()
        write_results(self.run, trainer, facts)
        self._end(kind, **self._place(trainer))

    def _end(self, kind: str, **facts: Any) -> None:
        """Give back the ticket and say how it ended, unless the run was submitted anew while it was being stopped."""
        with changing(self.workspace):
            if kind not in ("paused", "cancelled") or requested(self.run.folder):
                withdraw(self.workspace, self.run.id)
                withdraw_request(self.run.folder)
            self._log.append(kind, **facts)

    def _place(self, trainer: Trainer) -> dict[str, Any]:
        return {"step": trainer.step, "steps": trainer.steps, "epoch": trainer.epoch, **self._spent()}

    def _spent(self) -> dict[str, float]:
        """Seconds and CPU seconds of all workers of this run so far."""
        return {
            "seconds": self._before["seconds"] + time.perf_counter() - self._wall,
            "cpu_seconds": self._before["cpu_seconds"] + time.process_time() - self._cpu,
        }


def snapshot_steps(steps: int, most: int = SNAPSHOTS) -> list[int]:
    """Steps at which the forming space is recorded: dense at first, at most so many, the first and last among them."""
    return sorted({round(steps * (i / (most - 1)) ** 2) for i in range(most)})


def versions() -> dict[str, str]:
    """The versions that made a run what it is."""
    return {"aeexplorer": aeexplorer.__version__, "torch": torch.__version__}


def arithmetic(trainer: Trainer) -> dict[str, str]:
    """Where and how the model is trained."""
    return {"device": str(trainer.device), "precision": "bfloat16 mixed" if trainer.model.mixed_precision else "float32"}


def require_readable(dataset: Dataset) -> None:
    """Raise `UserError` if a file of the dataset is missing, cut short or of another shape than it should be."""
    try:
        whole = len(dataset.split) == dataset.n
        for field in dataset.fields.values():
            whole = whole and field.array.shape == (dataset.n, *field.shape)
    except (OSError, ValueError):
        whole = False
    if not whole:
        raise UserError(
            f"the dataset {dataset.name} ({dataset.id}) is damaged", "Remove it and add it again, then resume the run"
        )


def explain(error: Exception, run: Run) -> UserError:
    """An exception that ended a training, as a sentence for the person who started it."""
    if isinstance(error, UserError):
        return error
    text = str(error)
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "allocate memory" in text or "not enough memory" in text:
        size = run.config.training.batch_size
        return UserError(
            f"memory ran out at {size} samples a batch", f"Train with a smaller batch ({max(1, size // 4)}) or a smaller model"
        )
    if isinstance(error, OSError):
        return UserError(
            f"a file of the run could not be read or written: {error.strerror or text}", "Check the disk, then resume the run"
        )
    first = text.splitlines()[0] if text else "no message"
    return UserError(
        f"the training stopped at an unforeseen error, {type(error).__name__}: {first}",
        "The details stand in worker.log in the run's folder; resume the run to try again",
    )
