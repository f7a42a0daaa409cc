"""``aeexplorer train``."""

from typing import TYPE_CHECKING, Annotated

import typer

from aeexplorer.cli.console import PRESET, JsonOption, WorkspaceOption, print_json, print_table, progress_line

if TYPE_CHECKING:
    from aeexplorer.training.run import Run
from aeexplorer.models.presets import presets


def train(
    data: Annotated[str, typer.Option(help="Name or id of a dataset, or the name of a built-in one.")] = "digits",
    preset: Annotated[str, typer.Option(help=f"{PRESET}: {', '.join(presets())}.", show_default=False)] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any setting, such as model.latent_dim=16 or training.epochs=5."),
    ] = None,
    folds: Annotated[int, typer.Option(min=1, max=20, help="Cross-validate: train once on each of so many folds.")] = 1,
    device: Annotated[str, typer.Option(help="auto (CUDA where there is one), cpu or cuda.")] = "auto",
    name: Annotated[str, typer.Option(help="What to call it; by default the dataset and the preset.", show_default=False)] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Train an autoencoder and print the run's id. Ctrl-C pauses it; the same settings again go on, or show what is there."""
    from rich.console import Console

    from aeexplorer.cli.options import assignments, say_without_effect
    from aeexplorer.cli.watching import report, summary, train_and_watch
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import load_dataset, new_folds, new_run
    from aeexplorer.training.trainer import choose_device

    space = Workspace.open(workspace)
    choose_device(device)
    changes = assignments(settings or [])
    with progress_line(f"Loading {data}") as progress:
        dataset = load_dataset(data, space, progress)
    if folds > 1:
        runs = new_folds(space, dataset, preset, folds, changes, name)
        say_without_effect(runs[0].config, dataset, changes)
        for run in runs:
            train_and_watch(space, run, device)
        _report_folds(runs, as_json)
        return
    run = new_run(space, dataset, preset, changes, name)
    say_without_effect(run.config, dataset, changes)
    train_and_watch(space, run, device)
    if as_json:
        print_json(report(run))
    else:
        Console(stderr=True, soft_wrap=True).print(summary(run))
        typer.echo(run.id)


def _report_folds(runs: "list[Run]", as_json: bool) -> None:
    from aeexplorer.cli.watching import report
    from aeexplorer.training.folds import spread

    splits = ("validation", "test") if "test" in runs[0].metrics else ("validation",)
    found = {split: spread(runs, split) for split in splits}
    if as_json:
        print_json({"folds": [report(run) for run in runs], "mse": {split: vars(figure) for split, figure in found.items()}})
        return
    rows = [(i, run.id, *(run.metrics[split]["mse"] for split in splits)) for i, run in enumerate(runs, 1)]
    print_table(("fold", "run", *(f"{split} mse" for split in splits)), rows)
    for split, figure in found.items():
        typer.echo(f"{split} mse over {figure.n} folds: {figure}")
