"""Train a run from the command line: a worker trains, a progress bar shows the state, and Ctrl-C pauses the run."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from aeexplorer.cli.console import echo
from aeexplorer.core.errors import UserError
from aeexplorer.core.logs import printable
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs import Status, pause, status, train_in_worker
from aeexplorer.jobs.status import divergence
from aeexplorer.training.events import latest_events
from aeexplorer.training.run import Run

PAUSE_TIMEOUT_SECONDS = 60.0
"""Longest time to wait after Ctrl-C for the worker to write its checkpoint."""


def train_and_watch(workspace: Workspace, run: Run, device: str) -> None:
    """Train a run in a worker and show its progress. Ctrl-C pauses the run.

    Raises
    ------
    UserError
        If the run failed or diverged, or another process paused or cancelled it.
    KeyboardInterrupt
        After Ctrl-C, once the run is paused.
    """
    try:
        with _progress_bar() as bar:
            task = bar.add_task(run.name, total=None, losses="", left="")
            current = status(run)
            for current in train_in_worker(workspace, run, device):
                _update_bar(bar, task, current, run.folder)
    except KeyboardInterrupt:
        _pause_run(run)
        raise
    if diverged := divergence(run.folder):
        option = f" (`--set training.learning_rate={diverged.lower_rate:g}`)" if diverged.lower_rate else ""
        raise UserError(f"the run {run.id}: {diverged.reason}", f"{diverged.fix}{option}")
    if current.state != "finished":
        raise UserError(
            f"the run {run.id} is {current.state}: {current.message}", f"Resume it with `aeexplorer runs resume {run.id}`"
        )


def _progress_bar() -> Progress:
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


def _update_bar(bar: Progress, task: Any, current: Status, folder: Path) -> None:
    """Show the progress, the time left and the losses of the current status."""
    progress = next((e for e in reversed(latest_events(folder / "events.jsonl")) if e["kind"] == "progress"), None)
    losses = {} if progress is None else {**progress["losses"], **progress["metrics"]}
    reason = current.message if not current.step or current.state != "running" else ""
    left = "" if current.seconds_left is None or current.state != "running" else f"{_format_duration(current.seconds_left)} left"
    figures = "  ".join(f"{name} {value:.4g}" for name, value in losses.items())
    bar.update(task, total=current.steps or None, completed=current.step, left=left, losses=reason or figures)


def _format_duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _pause_run(run: Run) -> None:
    """Ask the worker to pause a run, wait for it, and print where it paused."""
    pause(run)
    deadline = time.monotonic() + PAUSE_TIMEOUT_SECONDS
    while status(run).active and time.monotonic() < deadline:
        time.sleep(0.1)
    current = status(run)
    message = f"Paused at step {current.step:,} of {current.steps:,}." if current.steps else "Paused."
    echo(f"{message} Resume with `aeexplorer runs resume {run.id}`.", err=True)


def build_report(run: Run) -> dict[str, Any]:
    """Build the dictionary that ``--json`` prints for a finished run."""
    metrics = run.metrics
    facts = {key: metrics[key] for key in ("seconds", "cpu_seconds", "samples_per_second", "device")}
    splits = {key: metrics[key] for key in ("train", "validation", "test", "pca", "standard_errors") if key in metrics}
    return {"run": run.id, "name": run.name, "dataset": run.config.dataset, **facts, "metrics": splits}


def format_summary(run: Run) -> Text:
    """Format the comparison with PCA, the metrics and the training time of a finished run in three lines."""
    from aeexplorer.analysis.runs.judgement import judge

    metrics = run.metrics
    judgement = judge(run)
    values = metrics[judgement.split]
    errors = metrics.get("standard_errors", {}).get(judgement.split, {})
    figures = "  ".join(
        f"{name} {value:.5g}" + (f" ± {errors[name]:.2g}" if name in errors else "")
        for name, value in values.items()
        if isinstance(value, int | float)
    )
    words = f" ({judgement.words})" if judgement.words else ""
    timing = f"{metrics['seconds']:.1f} s on {metrics['device']}, {metrics['samples_per_second']:,.0f} samples/s"
    return Text("\n".join(map(printable, (f"{judgement.summary}{words}", figures, timing))))
