"""``aeexplorer train``."""

from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, print_json, progress_line


def train(
    data: Annotated[str, typer.Option(help="Name or id of a dataset, or the name of a built-in one.")] = "digits",
    preset: Annotated[str, typer.Option(help="linear-ae, dense-ae, conv-ae, denoising-ae, vae, beta-vae or vq-vae.")] = "vae",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any setting, such as model.latent_dim=16 or training.epochs=5."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto (CUDA where there is one), cpu or cuda.")] = "auto",
    name: Annotated[str, typer.Option(help="What to call it; by default the dataset and the preset.", show_default=False)] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Train an autoencoder and print the run's id. Ctrl-C pauses it; the same settings again go on, or show what is there."""
    from rich.console import Console

    from aeexplorer.cli.options import assignments
    from aeexplorer.cli.watching import report, summary, train_and_watch
    from aeexplorer.public import load_dataset, new_run
    from aeexplorer.training.trainer import choose_device
    from aeexplorer.workspace import Workspace

    space = Workspace.open(workspace)
    choose_device(device)
    changes = assignments(settings or [])
    with progress_line(f"Loading {data}") as progress:
        dataset = load_dataset(data, space, progress)
    run = new_run(space, dataset, preset, changes, name)
    train_and_watch(space, run, device)
    if as_json:
        print_json(report(run))
    else:
        Console(stderr=True, soft_wrap=True).print(summary(run))
        typer.echo(run.id)
