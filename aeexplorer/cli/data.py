"""The commands ``aeexplorer data …``: add, list, show, vary, export and remove datasets."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from aeexplorer.cli.console import JsonOption, WorkspaceOption, echo, print_json, print_table, progress_line

group = typer.Typer(help="Add, list, show, vary, export and remove datasets.", no_args_is_help=True)

MAX_LABELS = 20
"""Number of labels that are printed with their counts."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of a dataset, or the name of a built-in one.")]


@group.command("add")
def add(
    path: Annotated[Path, typer.Argument(help="A zip or folder of images or sounds, an .npy or .npz array, a table, a text.")],
    name: Annotated[str, typer.Option(help="Name of the dataset; by default the name of the file.", show_default=False)] = "",
    label: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column of a table that holds the labels.")] = None,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any other option, such as image_size=32.")
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option("--limit", metavar="FIELD=VALUE", help="Limits of the reading process: seconds=900, memory_mb=2048, …"),
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add a file, or a folder of files, as a dataset."""
    from aeexplorer.cli.options import parse_assignments
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.ingest.ingest import IngestLimits, IngestOptions
    from aeexplorer.public import add_dataset

    changes: dict[str, Any] = parse_assignments(options or [])
    if name:
        changes["name"] = name
    if label is not None:
        changes["label_column"] = label
    space = Workspace.open(workspace)
    with progress_line(f"Reading {path.name}") as progress:
        ingest_limits = IngestLimits().replace(dict(parse_assignments(limits or [])))
        dataset = add_dataset(path, IngestOptions().replace(changes), space, progress, ingest_limits)
    _print_stored(dataset, as_json)


@group.command("inspect")
def inspect(
    path: Annotated[Path, typer.Argument(help="A file or a folder.")],
    options: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="An option of `data add` that changes the findings."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how a file or a folder would be read, before it is added."""
    from aeexplorer.cli.options import parse_assignments
    from aeexplorer.data.ingest.ingest import IngestOptions, uploads_at
    from aeexplorer.data.ingest.ingest import inspect as inspect_uploads

    guess = inspect_uploads(uploads_at(path), options=IngestOptions().replace(parse_assignments(options or [])))
    if as_json:
        print_json(guess.model_dump(mode="json"))
        return
    echo(guess.kind + ("" if guess.n is None else f", {guess.n:,} samples"))
    for layout in guess.layouts:
        echo(f"  read as {layout.layout}, a sample is {' × '.join(map(str, layout.shape))}")
    if guess.columns:
        print_table(("column", "kind", "use", "why"), [(c.name, c.kind, c.role, c.why) for c in guess.columns])
    if guess.labels:
        echo(f"  {len(guess.labels):,} labels: " + _shorten(guess.labels))
    for note in guess.notes:
        echo(f"  note: {note}")
    choices = [*guess.choices, *guess.reading_choices]
    if choices:
        echo(f"  options that matter (--set): {', '.join(choices)}")


@group.command("hub")
def hub(
    name: Annotated[str, typer.Argument(metavar="OWNER/NAME", help="Name on huggingface.co/datasets.")],
    config: Annotated[str, typer.Option(help="Configuration, if the dataset has several.", show_default=False)] = "",
    split: Annotated[str, typer.Option(help="Split to download.")] = "train",
    limit_mb: Annotated[int, typer.Option(help="Largest download, in MB; of a larger split, the first files are taken.")] = 2000,
    options: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any option of `data add`, such as image_size=32.")
    ] = None,
    as_json: JsonOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Add a dataset from the Hugging Face hub. Reads its Parquet files and runs no code (extra `hub`)."""
    from aeexplorer.cli.options import parse_assignments
    from aeexplorer.core.settings import parse
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.ingest.hub import HubChoice, add_from_hub
    from aeexplorer.data.ingest.ingest import IngestOptions

    choice = parse(HubChoice, {"name": name, "config": config, "split": split, "limit_mb": limit_mb})
    ingest_options = IngestOptions().replace(parse_assignments(options or []))
    with progress_line(name) as progress:
        dataset = add_from_hub(Workspace.open(workspace), choice, ingest_options, progress)
    _print_stored(dataset, as_json)


def _print_stored(dataset: Any, as_json: bool) -> None:
    if as_json:
        for note in dataset.notes:
            echo(f"Note: {note}.", err=True)
        print_json(_describe(dataset))
    else:
        _print_facts(_describe(dataset))


def _print_facts(facts: dict[str, Any]) -> None:
    """Print what the Data page shows of a dataset: shapes, split, labels, duplicates and notes."""
    echo(f"{facts['id']}  {facts['name']}: {facts['samples']:,} samples")
    for field in facts["fields"]:
        shape = " × ".join(map(str, field["shape"]))
        echo(f"  field {field['name']}: {field['modality']}, {shape}, {field['dtype']}")
    echo("  " + ", ".join(f"{split} {count:,}" for split, count in facts["splits"].items()))
    labels = facts["labels"]
    echo(f"  {len(labels):,} labels: " + _shorten(labels) if labels else "  no labels")
    if facts["unlabelled"]:
        echo(f"  {facts['unlabelled']:,} samples without a label")
    duplicates = facts["duplicates"]
    if duplicates["repeated"]:
        echo(f"  {duplicates['repeated']:,} of {duplicates['examined']:,} samples are identical to an earlier one")
    if duplicates["leaked"]:
        echo(f"  {duplicates['leaked']:,} validation and test samples are also in the training split: their figures are too good")
    for note in facts["notes"]:
        echo(f"  note: {note}")


def _shorten(counts: dict[str, int]) -> str:
    """Return the first labels with their counts on one line."""
    shown = [f"{label} {count:,}" for label, count in list(counts.items())[:MAX_LABELS]]
    return ", ".join(shown) + (f" and {len(counts) - MAX_LABELS:,} more" if len(counts) > MAX_LABELS else "")


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
    names = {row.name for row in rows}
    stored = [(row.name, row.id, row.n, row.modalities) for row in rows]
    built_in = [(s.name, "built in", None, s.summary) for s in builtin_datasets().values() if s.name not in names]
    print_table(("name", "id", "samples", "content"), [*stored, *built_in])


@group.command("show")
def show(name: Name, as_json: JsonOption = False, workspace: WorkspaceOption = None) -> None:
    """Show a dataset: its fields, splits, class balance, duplicates and notes."""
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.public import load_dataset

    with progress_line(f"Loading {name}") as progress:
        dataset = load_dataset(name, Workspace.open(workspace), progress)
    facts = _describe(dataset)
    if as_json:
        print_json(facts)
        return
    _print_facts(facts)


@group.command("vary")
def vary(
    name: Name,
    settings: Annotated[
        list[str],
        typer.Option("--set", metavar="FIELD=VALUE", help="An option to change: split.test=0.3, scaling=z-score, …"),
    ],
    new_name: Annotated[
        str, typer.Option("--name", help="Name of the new dataset; by default the old name and the changes.")
    ] = "",
    workspace: WorkspaceOption = None,
) -> None:
    """Create a dataset of the same samples with another split or scaling. The arrays are shared."""
    from aeexplorer.cli.options import parse_assignments
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.variants import current_options, make_variant
    from aeexplorer.public import load_dataset

    space, changes = Workspace.open(workspace), parse_assignments(settings)
    dataset = load_dataset(name, space)
    resplit = any(path.startswith("split.") for path in changes)
    variant = make_variant(space, dataset, current_options(dataset).replace(changes), resplit, new_name)
    echo(f"{variant.id}  {variant.name}: {variant.n:,} samples")


@group.command("export")
def export(
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Path of the zip to write.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write a dataset as a zip of arrays and tables that other programs can read."""
    from aeexplorer.core.workspace import Workspace, atomic_path
    from aeexplorer.data.exporting import write_archive
    from aeexplorer.public import load_dataset

    dataset = load_dataset(name, Workspace.open(workspace))
    target = path.expanduser().absolute()
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        write_archive(dataset, out)
    echo(f"wrote {target}, {target.stat().st_size / 1e6:,.1f} MB")


@group.command("remove")
def remove(name: Name, workspace: WorkspaceOption = None) -> None:
    """Remove a dataset that no run uses."""
    from aeexplorer.core.workspace import Workspace
    from aeexplorer.data.library import find_stored_dataset, remove_dataset

    space = Workspace.open(workspace)
    if re.fullmatch(r"ds-[0-9a-f]{12}", name) and (space.datasets / name).exists():  # also a damaged dataset
        remove_dataset(space, name)
        echo(f"removed {name}")
        return
    dataset = find_stored_dataset(space, name)
    remove_dataset(space, dataset.id)
    echo(f"removed {dataset.name} ({dataset.id})")


def _describe(dataset: Any) -> dict[str, Any]:
    """Describe a dataset as plain data, for ``--json`` and ``show``."""
    import numpy as np

    from aeexplorer.analysis.samples.statistics import find_duplicates
    from aeexplorer.data.split import SPLITS

    labels = dataset.labels
    labelled = labels[labels >= 0] if labels is not None else np.empty(0, int)
    counts = np.bincount(labelled, minlength=len(dataset.label_names))
    duplicates = find_duplicates(dataset)
    return {
        "id": dataset.id,
        "name": dataset.name,
        "samples": dataset.n,
        "fields": [
            {"name": f.name, "modality": f.modality, "shape": list(f.shape), "dtype": f.dtype} for f in dataset.fields.values()
        ],
        "splits": {split: len(dataset.ids(split)) for split in SPLITS},
        "labels": dict(zip(dataset.label_names, map(int, counts), strict=True)),
        "unlabelled": dataset.n - len(labelled) if labels is not None else 0,
        "duplicates": {
            "examined": duplicates.n_examined,
            "repeated": duplicates.repeated,
            "leaked": duplicates.leaked,
        },
        "notes": list(dataset.notes),
    }
