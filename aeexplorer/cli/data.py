"""``aeexplorer data``: bring datasets in, list, show and remove them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, print_json, print_table, progress_line

group = typer.Typer(help="Bring datasets in, list, show and remove them.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of a dataset, or the name of a built-in one.")]


@group.command("add")
def add(
    path: Annotated[Path, typer.Argument(help="A zip or folder of images or sounds, an .npy or .npz array, a table, a text.")],
    name: Annotated[str, typer.Option(help="What to call it; by default the file's name.", show_default=False)] = "",
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of a table that holds the labels.")] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any other choice, such as image_size=32.")
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="FIELD=VALUE", help="What reading may take at most: seconds=900, memory_mb=2048, …"),
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Bring in a file, or a folder of files."""
    from aeexplorer.cli.options import assignments
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.ingest.ingest import IngestLimits, IngestOptions
    from aeexplorer.public import add_dataset

    chosen: dict[str, Any] = assignments(options or [])
    if name:
        chosen["name"] = name
    if label is not None:
        chosen["label_column"] = label
    space = Workspace.open(workspace)
    with progress_line(f"Reading {path.name}") as progress:
        allowed = IngestLimits().replace(dict(assignments(limits or [])))
        dataset = add_dataset(path, IngestOptions().replace(chosen), space, progress, allowed)
    _say_stored(dataset, as_json)


@group.command("hub")
def hub(
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="As on huggingface.co/datasets.")],
    config: Annotated[str, typer.Option(help="Configuration, where it has several.", show_default=False)] = "",
    split: Annotated[str, typer.Option(help="Split of it to take.")] = "train",
    limit_mb: Annotated[int, typer.Option(help="Most to download; of a larger split the first files are taken.")] = 2000,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any choice of `data add`, such as image_size=32.")
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Bring in a dataset of the Hugging Face hub: its Parquet files, no code (extra `hub`)."""
    from aeexplorer.cli.options import assignments
    from aeexplorer.core.settings import parse
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.ingest.hub import HubChoice, add_from_hub
    from aeexplorer.data.ingest.ingest import IngestOptions

    choice = parse(HubChoice, {"name": name, "config": config, "split": split, "limit_mb": limit_mb})
    chosen = IngestOptions().replace(assignments(options or []))
    with progress_line(name) as progress:
        dataset = add_from_hub(Workspace.open(workspace), choice, chosen, progress)
    _say_stored(dataset, as_json)


def _say_stored(dataset: Any, as_json: bool) -> None:
    for note in dataset.notes:
        typer.echo(f"Note: {note}.", err=True)
    if as_json:
        print_json(_facts(dataset))
    else:
        typer.echo(f"{dataset.id}  {dataset.name}: {dataset.n:,} samples")


@group.command("list")
def list_(as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """List the datasets of the workspace, and the built-in ones."""
    from aeexplorer.core.catalogue import open_catalogue
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.library import builtin_datasets

    rows = open_catalogue(Workspace.open(workspace)).datasets()
    if as_json:
        print_json([{"id": r.id, "name": r.name, "samples": r.n, "modalities": r.modalities, "created": r.created} for r in rows])
        return
    loaded = {row.name for row in rows}
    listed = [(r.name, r.id, r.n, r.modalities) for r in rows]
    built_in = [(s.name, "built in", None, s.summary) for s in builtin_datasets().values() if s.name not in loaded]
    print_table(("name", "id", "samples", "what"), [*listed, *built_in])


@group.command("show")
def show(name: Name, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show what a dataset holds: fields, splits, class balance, notes."""
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import load_dataset

    with progress_line(f"Loading {name}") as progress:
        dataset = load_dataset(name, Workspace.open(workspace), progress)
    facts = _facts(dataset)
    if as_json:
        print_json(facts)
        return
    typer.echo(f"{facts['name']}  ({facts['id']}), {facts['samples']:,} samples")
    for field in facts["fields"]:
        typer.echo(f"  field {field['name']}: {field['modality']}, shape {tuple(field['shape'])}, {field['dtype']}")
    typer.echo("  " + ", ".join(f"{split} {count:,}" for split, count in facts["splits"].items()))
    if facts["labels"]:
        print_table(("label", "samples"), facts["labels"].items())
    for note in facts["notes"]:
        typer.echo(f"  note: {note}")


@group.command("vary")
def vary(
    name: Name,
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="A difference: split.test=0.3, scaling=z-score, …"),
    ],
    called: Annotated[str, typer.Option("--name", help="What to call it; by default its name and what is different.")] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Make another dataset of the same samples, divided or scaled otherwise; the arrays are shared."""
    from aeexplorer.cli.options import assignments
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.variants import current_options, make_variant
    from aeexplorer.public import load_dataset

    space, chosen = Workspace.open(workspace), assignments(settings)
    dataset = load_dataset(name, space)
    divide = any(path.startswith("split.") for path in chosen)
    made = make_variant(space, dataset, current_options(dataset).replace(chosen), divide, called)
    typer.echo(f"{made.id}  {made.name}: {made.n:,} samples")


@group.command("export")
def export(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The zip to write.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write a dataset as a zip of arrays and tables that any program reads."""
    from aeexplorer.core.workspace import Workspace, atomic_path
    from aeexplorer.data.exporting import write_archive
    from aeexplorer.public import load_dataset

    dataset = load_dataset(name, Workspace.open(workspace))
    target = path.expanduser().absolute()
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        write_archive(dataset, out)
    typer.echo(f"wrote {target}, {target.stat().st_size / 1e6:,.1f} MB")


@group.command("remove")
def remove(name: Name, workspace: WorkspaceOption = None) -> None:
    """Delete a dataset that no run uses."""
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.library import find_stored_dataset, remove_dataset

    space = Workspace.open(workspace)
    dataset = find_stored_dataset(space, name)
    remove_dataset(space, dataset.id)
    typer.echo(f"removed {dataset.name} ({dataset.id})")


def _facts(dataset: Any) -> dict[str, Any]:
    import numpy as np

    from aeexplorer.data.split import SPLITS

    labels = dataset.labels
    known = labels[labels >= 0] if labels is not None else np.empty(0, int)
    counts = np.bincount(known, minlength=len(dataset.label_names))
    return {
        "id": dataset.id,
        "name": dataset.name,
        "samples": dataset.n,
        "fields": [
            {"name": f.name, "modality": f.modality, "shape": list(f.shape), "dtype": f.dtype} for f in dataset.fields.values()
        ],
        "splits": {split: len(dataset.ids(split)) for split in SPLITS},
        "labels": dict(zip(dataset.label_names, map(int, counts), strict=True)),
        "notes": list(dataset.notes),
    }
