"""The commands ``aeexplorer bench …``: run benchmarks and compare the figures with their targets."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aeexplorer.cli.console import JsonOption, echo, print_json, print_table
from aeexplorer.core.errors import UserError

if TYPE_CHECKING:
    from aeexplorer.bench import Figure

BUSY = "Close other programs on this machine, and measure again"
"""Advice where a target of speed was not reached."""

group = typer.Typer(help="Run benchmarks and compare the figures with their targets.", no_args_is_help=True)


@group.command("training")
def training(
    samples: Annotated[int, typer.Option(min=1_000, max=60_000, help="Samples per round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Rounds per loop; medians are reported.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Compare training with a plain Dataset + DataLoader loop of the same model. Takes about 15 minutes."""
    from aeexplorer.bench.training import measure

    _print(measure(samples, rounds), as_json)


@group.command("models")
def models(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]…", help="Parts to run; all by default.")] = None,
    file: Annotated[Path | None, typer.Option(help="Also write the table to a Markdown file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train models and compare them with published figures. All parts take 45 minutes on one core."""
    from aeexplorer.bench.models import PARTS, format_markdown, measure

    if unknown := set(parts or ()) - set(PARTS):
        raise UserError(f"there is no part {min(unknown)!r}", f"Choose from {', '.join(PARTS)}")
    figures = []
    for figure in measure(parts or list(PARTS)):
        echo(f"{figure.name}: {figure.value_text}", err=True)
        figures.append(figure)
    if file:
        file.write_text(format_markdown(figures))
    _print(figures, as_json)


@group.command("small")
def small(
    names: Annotated[list[str] | None, typer.Argument(metavar="[DATASET]…", help="Datasets to use; all by default.")] = None,
    preset: Annotated[list[str] | None, typer.Option(help="A preset to train; may be repeated. All by default.")] = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file or folder to use as a dataset; may be repeated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train every preset with its defaults on small datasets, and compare it with PCA. All take about an hour on one core."""
    from aeexplorer.bench.small import BUILTIN, GENERATED, measure
    from aeexplorer.models.presets import presets

    if unknown := set(names or ()) - {*BUILTIN, *GENERATED}:
        raise UserError(f"there is no small dataset {min(unknown)!r}", f"Choose from {', '.join((*BUILTIN, *GENERATED))}")
    if unknown := set(preset or ()) - set(presets()):
        raise UserError(f"there is no preset {min(unknown)!r}", f"Choose from {', '.join(presets())}")
    figures = []
    for figure in measure(preset or (), names or (), file or ()):
        echo(f"{figure.name}: {figure.value_text}. {figure.note}", err=True)
        figures.append(figure)
    _print(figures, as_json, "Look at the runs, and give their preset other defaults for such data or a finding that says why")


@group.command("ingest")
def ingest(
    pictures: Annotated[int, typer.Option(min=100, max=200_000, help="Pictures of 28×28 pixels in the zip.")] = 20_000,
    parquet_mb: Annotated[int, typer.Option(min=1, max=20_000, help="Size of the Parquet file in MB.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Measure how uploads are read: pictures per CPU second compared with a plain loop, and the reader's peak memory."""
    from aeexplorer.bench.ingest import measure

    _print(measure(pictures, parquet_mb), as_json)


@group.command("interaction")
def interaction(
    points: Annotated[int, typer.Option(min=1_000, max=100_000, help="Points on the map.")] = 10_000,
    sessions: Annotated[int, typer.Option(min=1, max=200, help="Sessions that rerun at the same time.")] = 30,
    large: Annotated[int, typer.Option(min=0, max=100_000, help="Points on a large map; 0 skips it.")] = 100_000,
    crowd: Annotated[int, typer.Option(min=0, max=5_000_000, help="Samples of a huge run; 0 skips it.")] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """Measure the app in a browser: lassos, colours, bytes sent, hover, many sessions, huge runs and the first map."""
    from aeexplorer.bench.interaction import measure

    _print(measure(points, sessions, large, crowd), as_json)


@group.command("decoding")
def decoding(
    dataset: Annotated[str, typer.Option(help="Built-in dataset of pictures to train a decoder on.")] = "mnist",
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="Rounds per method; medians are reported.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Measure a 16 × 16 grid of decoded pictures, from latents to PNG on one thread, against eager torch and Pillow."""
    from aeexplorer.bench.decoding import measure

    _print(measure(dataset, rounds), as_json)


@group.command("projection")
def projection(
    dataset: Annotated[str, typer.Option(help="Built-in dataset with labels, whose latents are projected.")] = "mnist",
    large: Annotated[int, typer.Option(min=1_000, max=100_000, help="Samples of the map computed in stages.")] = 60_000,
    small: Annotated[int, typer.Option(min=500, max=50_000, help="Samples of the map that new samples are placed on.")] = 10_000,
    fresh: Annotated[int, typer.Option(min=100, max=50_000, help="Samples of the map computed in a fresh process.")] = 5_000,
    as_json: JsonOption = False,
) -> None:
    """Compare our UMAP with umap-learn: CPU seconds to the first and the last map, their quality, and new samples."""
    from aeexplorer.bench.projection import measure

    _print(measure(dataset, large, small, fresh), as_json)


def _print(figures: "Sequence[Figure]", as_json: bool, fix: str = BUSY) -> None:
    if as_json:
        print_json([_figure_json(figure) for figure in figures])
    else:
        rows = [(figure.name, figure.value_text, figure.target_text, figure.passed) for figure in figures]
        print_table(("figure", "measured", "target", "passed"), rows)
    if missed := [figure.name for figure in figures if figure.passed is False]:
        raise UserError(f"targets not reached: {', '.join(missed)}", fix)


def _figure_json(figure: "Figure") -> dict[str, Any]:
    return {
        "name": figure.name,
        "measured": figure.measured,
        "unit": figure.unit,
        "asked": figure.target,
        "better": figure.better,
        "passed": figure.passed,
        "note": figure.note,
    }
