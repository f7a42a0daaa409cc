"""The command ``aeexplorer train``."""

from typing import TYPE_CHECKING, Annotated

import typer

from aeexplorer.cli.console import PRESET_HELP, JsonOption, WorkspaceOption, echo, print_json, print_table, progress_line
from aeexplorer.core.errors import UserError
from aeexplorer.models.presets import presets

if TYPE_CHECKING:
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.training.run import Run


def train(
    data: Annotated[str, typer.Option(help="Name or id of a dataset, or the name of a built-in one.")] = "digits",
    preset: Annotated[str, typer.Option(help=f"{PRESET_HELP}: {', '.join(presets())}.", show_default=False)] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any setting, such as model.latent_dim=16 or training.epochs=5."),
    ] = None,
    folds: Annotated[int, typer.Option(min=1, max=20, help="Folds of a cross-validation; one run per fold.")] = 1,
    device: Annotated[str, typer.Option(help="auto (CUDA if available), cpu or cuda.")] = "auto",
    name: Annotated[
        str, typer.Option(help="Name of the run; by default the names of the dataset and the preset.", show_default=False)
    ] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Train an autoencoder and print the run's id. Ctrl-C pauses the run; the same command resumes it or shows its results."""
    from rich.console import Console

    from aeexplorer.cli.options import note_settings_without_effect, parse_assignments
    from aeexplorer.cli.watching import build_report, format_summary, train_and_watch
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import load_dataset, new_folds, new_run
    from aeexplorer.training.trainer import choose_device

    space = Workspace.open(workspace)
    choose_device(device)
    changes = parse_assignments(settings or [])
    with progress_line(f"Loading {data}") as progress:
        dataset = load_dataset(data, space, progress)
    if folds > 1:
        runs = new_folds(space, dataset, preset, folds, changes, name)
        note_settings_without_effect(runs[0].config, dataset, changes)
        failures = [error for run in runs if (error := _train_fold(space, run, device))]
        if finished := [run for run in runs if run.finished]:
            _print_folds(finished, as_json)
        if failures:
            raise UserError(f"{len(failures)} of {folds} folds did not finish: {failures[0].reason}", failures[0].fix)
        return
    run = new_run(space, dataset, preset, changes, name)
    note_settings_without_effect(run.config, dataset, changes)
    train_and_watch(space, run, device)
    if as_json:
        print_json(build_report(run))
    else:
        Console(stderr=True, soft_wrap=True).print(format_summary(run))
        echo(run.id)


def _train_fold(workspace: "Workspace", run: "Run", device: str) -> UserError | None:
    """Train one fold and return the error that ended it, so that the others go on."""
    from aeexplorer.cli.watching import train_and_watch

    try:
        train_and_watch(workspace, run, device)
    except UserError as error:
        return error
    return None


def _print_folds(runs: "list[Run]", as_json: bool) -> None:
    from aeexplorer.cli.watching import build_report
    from aeexplorer.training.folds import spread

    splits = ("validation", "test") if "test" in runs[0].metrics else ("validation",)
    figures = {split: spread(runs, split) for split in splits}
    if as_json:
        print_json(
            {"folds": [build_report(run) for run in runs], "mse": {split: vars(figure) for split, figure in figures.items()}}
        )
        return
    rows = [(run.config.fold + 1, run.id, *(run.metrics[split]["mse"] for split in splits)) for run in runs]
    print_table(("fold", "run", *(f"{split} mse" for split in splits)), rows)
    for split, figure in figures.items():
        echo(f"{split} mse over {figure.n} folds: {figure}")
