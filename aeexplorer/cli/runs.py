"""The commands ``aeexplorer runs …``: list, show, resume, cancel and remove runs."""

import re
from datetime import datetime
from typing import Annotated, Any

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, echo, print_json, print_table

group = typer.Typer(help="List, show, resume, cancel and remove runs.", no_args_is_help=True)

RunName = Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, the beginning of its id, or its name.")]


@group.command("list")
def list_(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the runs of the workspace, newest first."""
    from aeexplorer.background.damage import run_damage
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.training.run import all_runs

    space = Workspace.open(workspace)
    runs = sorted(all_runs(space), key=lambda run: -float(run.record["created"]))
    rows = [_row(run) for run in runs if not run_damage(run.folder)]
    for folder in sorted(space.runs.glob("run-*")):
        if reason := run_damage(folder):
            echo(f"{folder.name} is damaged: {reason}. Remove it with `aeexplorer runs remove {folder.name}`.", err=True)
    if as_json:
        print_json(rows)
        return
    columns = ("run", "name", "dataset", "preset", "state", "test mse", "± standard error", "created")
    keys = ("run", "name", "dataset", "preset", "state", "mse", "mse_standard_error", "created")
    print_table(columns, [[row[key] for key in keys] for row in rows])


@group.command("show")
def show(name: RunName, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show a run: its state, settings and metrics."""
    from aeexplorer.cli.watching import build_report
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.jobs import status
    from aeexplorer.public import open_run

    run = open_run(name, Workspace.open(workspace))
    current = status(run)
    facts: dict[str, Any] = {**_row(run), "message": current.message, "step": current.step, "steps": current.steps}
    results: dict[str, Any] = build_report(run) if run.finished else {"run": run.id}
    settings = run.config.model_dump(mode="json")
    if as_json:
        print_json({**facts, **results, "config": settings})
        return
    for key, value in facts.items():
        echo(f"{key:>9}  {value}")
    print_table(("setting", "value"), list(run.config.effective_settings().items()))
    errors = results.get("metrics", {}).pop("standard_errors", {})
    for split, figures in results.get("metrics", {}).items():
        of_split = errors.get(split, {})
        rows = [(key, value, of_split.get(key)) for key, value in figures.items() if isinstance(value, int | float)]
        print_table((split, "value", "standard error"), rows)


@group.command("resume")
def resume(
    name: RunName,
    device: Annotated[str, typer.Option(help="auto (CUDA if available), cpu or cuda.")] = "auto",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Resume a run from its last checkpoint and show its progress."""
    from aeexplorer.cli.watching import build_report, train_and_watch
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.jobs import resume as resume_run
    from aeexplorer.public import open_run

    space = Workspace.open(workspace)
    run = open_run(name, space)
    resume_run(space, run, device)
    train_and_watch(space, run, device)
    if as_json:
        print_json(build_report(run))
    else:
        echo(run.id)


@group.command("cancel")
def cancel(name: RunName, workspace: WorkspaceOption = None) -> None:
    """Cancel a run. Its last checkpoint and results are kept."""
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.jobs import cancel as cancel_run
    from aeexplorer.jobs import status
    from aeexplorer.public import open_run

    space = Workspace.open(workspace)
    run = open_run(name, space)
    cancel_run(space, run)
    echo(f"{run.id}  {status(run).message}")


@group.command("remove")
def remove(name: RunName, workspace: WorkspaceOption = None) -> None:
    """Delete a run."""
    from aeexplorer.core.catalogue import open_catalogue
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import open_run
    from aeexplorer.training.run import remove_run

    space = Workspace.open(workspace)
    folder = space.runs / name
    if re.fullmatch(r"run-[0-9a-f]{12}", name) and folder.exists():  # also a damaged run, which has no name
        run_id, title = name, name
    else:
        run = open_run(name, space)
        run_id, title = run.id, f"{run.name} ({run.id})"
    remove_run(space, run_id)
    open_catalogue(space).remove(run_id)
    echo(f"removed {title}")


def _row(run: Any) -> dict[str, Any]:
    from aeexplorer.core.errors import UserError
    from aeexplorer.jobs import status

    try:
        dataset = run.dataset.name
    except UserError:
        dataset = f"{run.record['config']['dataset']} (missing)"
    metrics = run.metrics if run.finished else {}
    return {
        "run": run.id,
        "name": run.name,
        "dataset": dataset,
        "preset": run.record["preset"],
        "state": status(run).state,
        "mse": metrics.get("test", {}).get("mse"),
        "mse_standard_error": metrics.get("standard_errors", {}).get("test", {}).get("mse"),
        "created": datetime.fromtimestamp(run.record["created"]).astimezone().isoformat(" ", "minutes"),
    }
