"""Training a run from the command line: the worker trains, a progress bar watches, Ctrl-C pauses."""

import time
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs import Status, pause, status, train_in_worker
from aeexplorer.training.events import latest_events
from aeexplorer.training.run import Run

PAUSE_PATIENCE = 60.0
"""Seconds to wait, after Ctrl-C, until the worker has left its checkpoint."""


def train_and_watch(workspace: Workspace, run: Run, device: str) -> None:
    """Let a worker train a run and show how it goes; Ctrl-C pauses it.

    Raises
    ------
    UserError
        If it failed, or was paused or cancelled from elsewhere.
    KeyboardInterrupt
        After Ctrl-C, once it is paused.
    """
    try:
        with _bar() as bar:
            task = bar.add_task(run.name, total=None, losses="", left="")
            now = status(run)
            for now in train_in_worker(workspace, run, device):
                _show(bar, task, now, run.folder)
    except KeyboardInterrupt:
        _pause(run)
        raise
    if now.state != "finished":
        raise UserError(f"the run {run.id} is {now.state}: {now.message}", f"Go on with `aeexplorer runs resume {run.id}`")


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False),
        TextColumn("{task.fields[losses]}", markup=False),
        console=console,
        disable=not console.is_terminal,
    )


def _show(bar: Progress, task: Any, now: Status, folder: Path) -> None:
    progress = next((e for e in reversed(latest_events(folder / "events.jsonl")) if e["kind"] == "progress"), None)
    losses = {} if progress is None else {**progress["losses"], **progress["metrics"]}
    waiting = now.message if not now.step or now.state != "running" else ""
    left = "" if now.seconds_left is None or now.state != "running" else f"{_duration(now.seconds_left)} left"
    shown = "  ".join(f"{name} {value:.4g}" for name, value in losses.items())
    bar.update(task, total=now.steps or None, completed=now.step, left=left, losses=waiting or shown)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _pause(run: Run) -> None:
    pause(run)
    deadline = time.monotonic() + PAUSE_PATIENCE
    while status(run).active and time.monotonic() < deadline:
        time.sleep(0.1)
    now = status(run)
    said = f"Paused at step {now.step:,} of {now.steps:,}." if now.steps else "Paused."
    typer.echo(f"{said} Go on with `aeexplorer runs resume {run.id}`.", err=True)


def report(run: Run) -> dict[str, Any]:
    """What ``--json`` prints of a finished run."""
    metrics = run.metrics
    facts = {key: metrics[key] for key in ("seconds", "cpu_seconds", "samples_per_second", "device")}
    splits = {key: metrics[key] for key in ("train", "validation", "test", "pca") if key in metrics}
    return {"run": run.id, "name": run.name, "dataset": run.config.dataset, **facts, "metrics": splits}


def summary(run: Run) -> Text:
    """The same in a few words."""
    metrics = run.metrics
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    figures = "  ".join(f"{name} {value:.5g}" for name, value in metrics[split].items() if isinstance(value, int | float))
    pca = f"(PCA with {metrics['pca']['components']} components: mse {metrics['pca']['mse']:.5g})"
    took = f"{metrics['seconds']:.1f} s on {metrics['device']}, {metrics['samples_per_second']:,.0f} samples/s"
    return Text(f"{split}: {figures}  {pca}\n{took}")
