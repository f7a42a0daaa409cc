"""The training job of a worker: load a run, train it, write events, checkpoints and snapshots, follow requests, write results.

The worker holds the run's lock all the time.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

import aeexplorer
from aeexplorer.core.disk import DiskFull
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.failures import explain, require_readable
from aeexplorer.jobs.pool import default_concurrency, threads_of_a_worker
from aeexplorer.jobs.queue import forgive_start, queue_lock, withdraw
from aeexplorer.jobs.requests import follow_request, read_request, withdraw_request
from aeexplorer.jobs.status import divergence, has_checkpoint
from aeexplorer.training.checkpoint import describe_damage, load_checkpoint, save_checkpoint
from aeexplorer.training.events import EventLog
from aeexplorer.training.loop import Snapshot, fit
from aeexplorer.training.results import probe_ids, write_results, write_snapshot
from aeexplorer.training.run import Run
from aeexplorer.training.trainer import Diverged, Trainer, choose_device, prepare

EPOCH_CHECKPOINT_SECONDS = 10.0
"""Seconds since the last checkpoint after which one is written at the end of an epoch."""
STEP_CHECKPOINT_SECONDS = 30.0
"""Seconds since the last checkpoint after which one is written in the middle of an epoch."""
CHECKPOINT_SHARE = 0.05
"""Share of the time that writing checkpoints may take. If it takes more, checkpoints become rarer."""
MAX_SNAPSHOTS = 60
MIN_SNAPSHOTS = 8
MAX_SNAPSHOT_BYTES = 2**27
"""Bytes of all snapshots of a run. Runs with large snapshots have fewer of them, but at least `MIN_SNAPSHOTS`."""
SNAPSHOT_SHARE = 0.05
"""Share of the time that writing snapshots may take."""
SNAPSHOT_GRACE_SECONDS = 1.0
"""Seconds that snapshots may take in addition to their share, so that short trainings have snapshots as well."""

TERMINATED = "Its worker was terminated. Resume the run to continue from its last checkpoint."


@contextlib.contextmanager
def training_threads(deterministic: bool) -> Iterator[None]:
    """Compute with as many threads as a training gets, whoever trains: this process, or a worker.

    Sums are divided among the threads, so another number of threads rounds differently: losses then differ by about one
    millionth. The number is that of a worker of this machine, or ``OMP_NUM_THREADS``, or 1 for deterministic trainings, whose
    results are the same on machines with other numbers of cores.
    """
    before = torch.get_num_threads()
    chosen = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    count = int(chosen) if chosen.isdecimal() and int(chosen) else threads_of_a_worker(default_concurrency())
    torch.set_num_threads(1 if deterministic else count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Stop(Exception):
    """Raised between two steps to stop the training; `reason` is ``terminated``, ``paused`` or ``cancelled``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TrainingJob:
    """Training of one run by one worker.

    Parameters
    ----------
    run, device
        As in `aeexplorer.jobs.worker.train`.
    stop
        Event that stops the training between two steps, after writing a checkpoint.
    beat
        Called between steps.
    """

    def __init__(self, run: Run, device: str, stop: threading.Event, beat: Callable[[], None] = lambda: None) -> None:
        self.run = run
        self.device = device
        self.stop = stop
        self.beat = beat
        self.workspace = Workspace(run.folder.parent.parent)
        # time spent by earlier workers, and when this worker started
        self._earlier_times = {"seconds": 0.0, "cpu_seconds": 0.0}
        self._start, self._cpu_start = time.perf_counter(), time.process_time()
        # when the last checkpoint was written, and how long writing took
        self._last_checkpoint = self._start
        self._checkpoint_seconds = self._snapshot_seconds = 0.0
        # steps and seconds from which the pace is measured, and samples and seconds at the last snapshot
        self._pace_start = self._last_progress = (0, 0.0)
        self._seconds_per_step, self._compiling = 0.0, False

    def train(self) -> None:
        """Train to the end, or until a request or `stop`, with the `training_threads` of the settings.

        Raises
        ------
        UserError
            If an error ends the training. The error is also recorded in the run's events.
        """
        with EventLog(self.run.folder) as self._log:
            try:
                with training_threads(self.run.config.training.deterministic):
                    self._train()
            except Exception as error:
                user_error = explain(error, self.run)
                facts: dict[str, Any] = {"lower_rate": error.lower_rate} if isinstance(error, Diverged) else {}
                facts |= {"reason": user_error.reason, "fix": user_error.fix, "message": str(user_error)}
                with contextlib.suppress(DiskFull):  # the page then sees by itself that the disk is full
                    self._end("failed", **facts)
                raise user_error from error

    def _train(self) -> None:
        # a training that diverged would only diverge again
        if diverged := divergence(self.run.folder):
            raise Diverged(diverged.reason, diverged.fix, diverged.lower_rate or self.run.config.training.learning_rate / 10)
        # requests made before the worker started
        request = read_request(self.run.folder)
        if request == "pause":
            return self._end("paused")
        if request == "cancel" and not has_checkpoint(self.run.folder):
            return self._end("cancelled")
        # train
        trainer = self._prepare_trainer()
        try:
            self._check_requests()
            self._write_snapshot(trainer)
            for snapshot in fit(trainer, lambda: self._between_steps(trainer)):
                self._after_snapshot(trainer, snapshot)
        except _Stop as stop:
            if stop.reason != "terminated":
                follow_request(self.run.folder)
            self._save_checkpoint(trainer)
            if stop.reason == "terminated":
                forgive_start(self.workspace, self.run.id)
                return self._log.append("interrupted", step=trainer.step, message=TERMINATED)
            if stop.reason == "paused":
                return self._end("paused", step=trainer.step)
            return self._finish(trainer, "cancelled")
        except Diverged:
            self._save_checkpoint(trainer)
            raise
        # checkpoint, results
        self._save_checkpoint(trainer)
        return self._finish(trainer, "finished")

    def _prepare_trainer(self) -> Trainer:
        """Build the trainer, from the run's last checkpoint if it has one, and record the start or resume."""
        device = choose_device(self.device)
        checkpoint = load_checkpoint(self.run.folder / "checkpoint")
        require_readable(self.run.dataset)
        trainer = prepare(self.run.config, self.run.dataset, device)
        facts: dict[str, Any] = {"threads": torch.get_num_threads(), "pid": os.getpid()}
        facts |= device_and_precision(trainer) | package_versions()
        # resume from the checkpoint
        if checkpoint is not None:
            trainer.resume(checkpoint)
            self._earlier_times |= checkpoint.state.get("session", {})  # missing in diverged runs up to version 0.5.0
            facts["damaged"] = describe_damage(self.run.folder / "checkpoint")
        # plan the snapshots, and delete those of steps that are trained again
        self._planned_snapshots = [step for step in snapshot_steps(trainer.steps) if step >= trainer.step]
        for path in self.run.snapshots():
            if checkpoint is None or int(path.stem) > trainer.step:
                path.unlink()
        self._log.append("started" if checkpoint is None else "resumed", **self._position(trainer), **facts)
        self._log.sync()
        self._pace_start = (trainer.step, trainer.seconds)
        self._last_progress = (trainer.samples, trainer.seconds)
        return trainer

    def _after_snapshot(self, trainer: Trainer, snapshot: Snapshot) -> None:
        """Record the progress, then write a snapshot and a checkpoint if they are due, and follow requests."""
        # measure the pace; the time of compiling does not count
        samples, seconds = snapshot.samples - self._last_progress[0], snapshot.seconds - self._last_progress[1]
        self._last_progress = (snapshot.samples, snapshot.seconds)
        if not self._compiling:
            start_step, start_seconds = self._pace_start
            self._seconds_per_step = (trainer.seconds - start_seconds) / (trainer.step - start_step)
        else:
            self._pace_start = (trainer.step, trainer.seconds)
        self._compiling = snapshot.compiling
        # record the progress
        self._log.append(
            "progress",
            **self._position(trainer),
            losses=snapshot.losses,
            metrics=snapshot.metrics,
            learning_rate=snapshot.learning_rate,
            samples_per_second=samples / max(seconds, 1e-9),
            seconds_left=(trainer.steps - trainer.step) * self._seconds_per_step,
            device=str(trainer.device),
            end_of_epoch=snapshot.end_of_epoch,
            stopped_early=snapshot.stopped_early,
            compiling=snapshot.compiling,
        )
        # snapshot, checkpoint, requests
        self._write_snapshot(trainer)
        if snapshot.end_of_epoch and self._since_checkpoint() > EPOCH_CHECKPOINT_SECONDS:
            self._save_checkpoint(trainer)
        self._check_requests()

    def _between_steps(self, trainer: Trainer) -> None:
        if self._since_checkpoint() > STEP_CHECKPOINT_SECONDS:
            self._save_checkpoint(trainer)
        self._check_requests()

    def _check_requests(self) -> None:
        """Raise `_Stop` if the training should stop."""
        self.beat()
        if self.stop.is_set():
            raise _Stop("terminated")
        if request := read_request(self.run.folder):
            raise _Stop("paused" if request == "pause" else "cancelled")

    def _write_snapshot(self, trainer: Trainer) -> None:
        """Write a snapshot if one is planned for this step and snapshots have not taken too much time."""
        if not self._planned_snapshots or trainer.step < self._planned_snapshots[0]:
            return
        self._planned_snapshots = [step for step in self._planned_snapshots if step > trainer.step]
        allowed_seconds = SNAPSHOT_SHARE * self._times()["seconds"] + SNAPSHOT_GRACE_SECONDS
        if self._snapshot_seconds > allowed_seconds and trainer.step != trainer.steps:
            return
        started = time.perf_counter()
        with trainer.averaged_weights():
            path = write_snapshot(self.run, trainer, probe_ids(self.run.dataset))
        if path is None:
            return
        # large snapshots: plan fewer
        count = max(MIN_SNAPSHOTS, MAX_SNAPSHOT_BYTES // path.stat().st_size)
        steps = snapshot_steps(trainer.steps, min(MAX_SNAPSHOTS, count))
        self._planned_snapshots = [step for step in steps if step > trainer.step]
        self._snapshot_seconds += time.perf_counter() - started
        self._log.append("snapshot", step=trainer.step)

    def _since_checkpoint(self) -> float:
        """Return the seconds since the last checkpoint, or 0 if the next one would take more than its share of the time."""
        seconds = time.perf_counter() - self._last_checkpoint
        return seconds if seconds * CHECKPOINT_SHARE >= self._checkpoint_seconds else 0.0

    def _save_checkpoint(self, trainer: Trainer) -> None:
        started = time.perf_counter()
        checkpoint = trainer.finite_checkpoint()
        checkpoint.state["session"] = self._times()
        self._log.sync()
        save_checkpoint(self.run.folder / "checkpoint", checkpoint)
        self._last_checkpoint = time.perf_counter()
        self._checkpoint_seconds = self._last_checkpoint - started

    def _finish(self, trainer: Trainer, kind: str) -> None:
        """Write the results of a run that is ``finished`` or ``cancelled``, and end it."""
        self._log.append("trained", **self._position(trainer))
        facts = {
            **self._times(),
            "samples_per_second": trainer.samples / max(trainer.seconds, 1e-9),
            **device_and_precision(trainer),
            "epochs": trainer.epoch,
            "state": kind,
            "versions": package_versions(),
        }
        trainer.use_final_weights()
        write_results(self.run, trainer, facts)
        self._end(kind, **self._position(trainer))

    def _end(self, kind: str, **facts: Any) -> None:
        """Record how the run ended and withdraw its ticket, unless the run was submitted again while it was being stopped."""
        with queue_lock(self.workspace):
            if kind not in ("paused", "cancelled") or read_request(self.run.folder):
                withdraw(self.workspace, self.run.id)
                withdraw_request(self.run.folder)
            self._log.append(kind, **facts)

    def _position(self, trainer: Trainer) -> dict[str, Any]:
        return {"step": trainer.step, "steps": trainer.steps, "epoch": trainer.epoch, **self._times()}

    def _times(self) -> dict[str, float]:
        """Return the seconds and CPU seconds of all workers of this run so far."""
        return {
            "seconds": self._earlier_times["seconds"] + time.perf_counter() - self._start,
            "cpu_seconds": self._earlier_times["cpu_seconds"] + time.process_time() - self._cpu_start,
        }


def snapshot_steps(steps: int, count: int = MAX_SNAPSHOTS) -> list[int]:
    """Return at most `count` steps at which snapshots are written: the first and the last step, and denser at the start."""
    return sorted({round(steps * (i / (count - 1)) ** 2) for i in range(count)})


def package_versions() -> dict[str, str]:
    """Return the versions of the packages on which the results depend."""
    return {"aeexplorer": aeexplorer.__version__, "torch": torch.__version__}


def device_and_precision(trainer: Trainer) -> dict[str, str]:
    """Return the device and the precision of a training."""
    return {"device": str(trainer.device), "precision": "bfloat16 mixed" if trainer.model.mixed_precision else "float32"}
