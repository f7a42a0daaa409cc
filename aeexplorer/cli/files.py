"""The commands ``aeexplorer embed``, ``export`` and ``import``: write runs and tables to files, and load models."""

from pathlib import Path
from typing import Annotated

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, echo, print_json
from aeexplorer.cli.runs import RunName


def embed(
    name: RunName,
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="Path of the table to write.")],
    method: Annotated[
        str, typer.Option(help="pca, umap, pacmap, tsne or umap_learn; also latents, if the run has 2 or 3.")
    ] = "pca",
    dims: Annotated[int, typer.Option(min=2, max=3, help="Dimensions of the map.")] = 2,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Project a run's latents and write a Parquet table with id, label, x, y (and z), and the latents z0, z1, …"""
    import pyarrow.parquet as parquet

    from aeexplorer.core.workspace import Workspace, atomic_path
    from aeexplorer.public import embed as embed_run
    from aeexplorer.public import open_run

    run = open_run(name, Workspace.open(workspace))
    target = out.expanduser().resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "there is no such folder", str(target.parent))
    table = embed_run(run, method, dims)
    with atomic_path(target) as temporary:
        parquet.write_table(table, temporary)
    if as_json:
        print_json({"run": run.id, "file": str(out), "method": method, "rows": table.num_rows, "columns": table.column_names})
    else:
        echo(f"{out}: {table.num_rows:,} rows, {table.num_columns} columns")


def export(
    name: RunName,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    format_name: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="FORMAT",
            help="run (with its dataset), page (offline HTML), script (PyTorch), onnx or weights. "
            "By default page for FILE.html, and run for any other file.",
            show_default=False,
        ),
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Write a run into one file: a run file with its dataset, an offline page, a PyTorch script, an ONNX pair or weights."""
    from aeexplorer.core.errors import UserError
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.exchange.formats import FORMATS
    from aeexplorer.public import open_run

    format_name = format_name or ("page" if file.suffix.lower() == ".html" else "run")
    if format_name not in FORMATS:
        raise UserError(f"there is no format {format_name!r}", f"Choose one of {', '.join(FORMATS)}")
    run = open_run(name, Workspace.open(workspace))
    written = FORMATS[format_name].write(run, file)
    echo(f"{written}: {run.name}, {written.stat().st_size:,} bytes")


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
        typer.Option(metavar="NAME", help="For ONNX and diffusers: the dataset of pictures for the model.", show_default=False),
    ] = "",
    like: Annotated[
        str, typer.Option(metavar="RUN", help="For weights: the run whose dataset and settings they are for.", show_default=False)
    ] = "",
    called: Annotated[
        str, typer.Option("--name", help="Name of the new run; a run file brings its own.", show_default=False)
    ] = "",
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Load a model: a run written by ``export``, weights for the settings of a run, an ONNX pair or a diffusers folder."""
    from aeexplorer.cli.console import progress_line
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.exchange.load import find_uploads, load_model
    from aeexplorer.public import load_dataset, open_run

    space = Workspace.open(workspace)
    uploads = find_uploads(file)
    model = open_run(like, space) if like else None
    with progress_line(f"Loading {file.name}") as progress:
        dataset = load_dataset(data, space, progress) if data else None
        run = load_model(space, uploads, dataset, model, called, progress)
    if as_json:
        print_json({"run": run.id, "name": run.name, "dataset": run.config.dataset})
    else:
        echo(f"{run.id}  {run.name}")
