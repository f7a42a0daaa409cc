"""``aeexplorer embed``, ``export`` and ``import``: what leaves the workspace as a file, and what comes back."""

from pathlib import Path
from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, print_json
from aeexplorer.cli.runs import RunName


def embed(
    name: RunName,
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Where to write the table.")],
    method: Annotated[str, typer.Option(help="pca, umap, pacmap, tsne, umap_learn; latents where 2-D or 3-D.")] = "pca",
    dims: Annotated[int, typer.Option(min=2, max=3, help="Dimensions of the map.")] = 2,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Project a run's latents and write a Parquet table: id, label, x, y (and z), and the latents z0, z1, …"""
    import pyarrow.parquet as parquet

    from aeexplorer.core.workspace import Workspace, atomic_path
    from aeexplorer.public import embed as project
    from aeexplorer.public import open_run

    run = open_run(name, Workspace.open(workspace))
    target = out.expanduser().resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(target.parent))
    table = project(run, method, dims)
    with atomic_path(target) as temporary:
        parquet.write_table(table, temporary)
    if as_json:
        print_json({"run": run.id, "file": str(out), "method": method, "rows": table.num_rows, "columns": table.column_names})
    else:
        typer.echo(f"{out}: {table.num_rows:,} rows, {table.num_columns} columns")


def export(
    name: RunName,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    form: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help="run (with its dataset), page (HTML to look at offline), script (PyTorch), onnx, or weights; "
            "where not given, page for a FILE.html and run for any other.",
            show_default=False,
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run into one file: with its dataset, to load on another machine, or as a page, a PyTorch script or ONNX pair."""
    from aeexplorer.core.errors import UserError
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.exchange.formats import FORMATS
    from aeexplorer.public import open_run

    form = form or ("page" if file.suffix.lower() == ".html" else "run")
    if form not in FORMATS:
        raise UserError(f"there is no format {form!r}", f"Choose one of {', '.join(FORMATS)}")
    run = open_run(name, Workspace.open(workspace))
    written = FORMATS[form].write(run, file)
    typer.echo(f"{written}: {run.name}, {written.stat().st_size:,} bytes")


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER",
            help="A run file, weights (.safetensors), a zip or folder with encoder.onnx and decoder.onnx, or a diffusers folder.",
        ),
    ],
    data: Annotated[
        str,
        typer.Option(metavar="NAME", help="For ONNX and diffusers: the pictures to open the model with.", show_default=False),
    ] = "",
    like: Annotated[
        str, typer.Option(metavar="RUN", help="For weights: the run whose dataset and settings they are for.", show_default=False)
    ] = "",
    called: Annotated[
        str, typer.Option("--name", help="What to call the new run; a run file brings its own.", show_default=False)
    ] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Load a model: a run written with ``export``, weights for the settings of a run, an ONNX pair, or a model of diffusers."""
    from aeexplorer.cli.console import progress_line
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.exchange.load import load_model, uploads_of
    from aeexplorer.public import load_dataset, open_run

    space = Workspace.open(workspace)
    uploads = uploads_of(file)
    model = open_run(like, space) if like else None
    with progress_line(f"Loading {file.name}") as progress:
        dataset = load_dataset(data, space, progress) if data else None
        run = load_model(space, uploads, dataset, model, called, progress)
    if as_json:
        print_json({"run": run.id, "name": run.name, "dataset": run.config.dataset})
    else:
        typer.echo(f"{run.id}  {run.name}")
