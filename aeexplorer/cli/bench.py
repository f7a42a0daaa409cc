"""``aeexplorer bench``: the measured figures beside what was asked of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aeexplorer.cli.console import JsonOption, print_json, print_table
from aeexplorer.core.errors import UserError

if TYPE_CHECKING:
    from aeexplorer.bench import Figure

group = typer.Typer(help="Measure how fast it is, beside what it must reach.", no_args_is_help=True)


@group.command("training")
def training(
    samples: Annotated[int, typer.Option(min=1_000, max=60_000, help="Samples a round.")] = 20_000,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Rounds of each; the medians count.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Training against the usual Dataset + DataLoader loop of the same model, in samples per CPU second; some 15 minutes."""
    from aeexplorer.bench.training import measure

    _print(measure(samples, rounds), as_json)


@group.command("models")
def models(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[PART]…", help="Only these; all where none is named.")] = None,
    file: Annotated[Path | None, typer.Option(help="Also write the table to a Markdown file.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Real trainings beside the literature's figures; all of them take three quarters of an hour on one core."""
    from aeexplorer.bench.models import PARTS, as_markdown, measure

    if unknown := set(parts or ()) - set(PARTS):
        raise UserError(f"there is no part {min(unknown)!r}", f"Choose among {', '.join(PARTS)}")
    figures = []
    for figure in measure(parts or list(PARTS)):
        typer.echo(f"{figure.name}: {figure.said}", err=True)
        figures.append(figure)
    if file:
        file.write_text(as_markdown(figures))
    _print(figures, as_json)


@group.command("ingest")
def ingest(
    pictures: Annotated[int, typer.Option(min=100, max=200_000, help="Pictures of 28×28 pixels in the zip.")] = 20_000,
    parquet_mb: Annotated[int, typer.Option(min=1, max=20_000, help="Size of the Parquet file in MB.")] = 300,
    as_json: JsonOption = False,
) -> None:
    """Reading uploads: pictures per CPU second beside a plain loop, and the reader's peak memory."""
    from aeexplorer.bench.ingest import measure

    _print(measure(pictures, parquet_mb), as_json)


@group.command("interaction")
def interaction(
    points: Annotated[int, typer.Option(min=1_000, max=100_000, help="Points on the map.")] = 10_000,
    sessions: Annotated[int, typer.Option(min=1, max=200, help="Sessions that rerun at once.")] = 30,
    large: Annotated[int, typer.Option(min=0, max=100_000, help="Points on a large map; 0 leaves it out.")] = 100_000,
    crowd: Annotated[int, typer.Option(min=0, max=5_000_000, help="Samples of a huge run; 0 leaves it out.")] = 1_000_000,
    as_json: JsonOption = False,
) -> None:
    """The app as a browser sees it: lassos, colours, bytes sent, hover, many sessions at once, huge runs, the first picture."""
    from aeexplorer.bench.interaction import measure

    _print(measure(points, sessions, large, crowd), as_json)


@group.command("decoding")
def decoding(
    dataset: Annotated[str, typer.Option(help="Built-in dataset of pictures to train a decoder on.")] = "mnist",
    rounds: Annotated[int, typer.Option(min=1, max=1_000, help="Rounds of each; the medians count.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """A 16 × 16 grid of decoded pictures, latents to PNG bytes on one thread, beside eager torch and Pillow."""
    from aeexplorer.bench.decoding import measure

    _print(measure(dataset, rounds), as_json)


@group.command("projection")
def projection(
    dataset: Annotated[str, typer.Option(help="Built-in dataset with labels, whose latents are laid out.")] = "mnist",
    large: Annotated[int, typer.Option(min=1_000, max=100_000, help="Samples of the map made in stages.")] = 60_000,
    small: Annotated[int, typer.Option(min=500, max=50_000, help="Samples of the map that others are placed on.")] = 10_000,
    fresh: Annotated[int, typer.Option(min=100, max=50_000, help="Samples of the map that a fresh process makes.")] = 5_000,
    as_json: JsonOption = False,
) -> None:
    """Our UMAP beside umap-learn: CPU seconds to the first and the last map, how faithful both are, new samples."""
    from aeexplorer.bench.projection import measure

    _print(measure(dataset, large, small, fresh), as_json)


def _print(figures: "Sequence[Figure]", as_json: bool) -> None:
    if as_json:
        keys = ("name", "measured", "unit", "asked", "better", "passed", "note")
        print_json([{key: getattr(figure, key) for key in keys} for figure in figures])
    else:
        print_table(("figure", "measured", "asked", "pass"), [(f.name, f.said, f.wanted, f.passed) for f in figures])
    if missed := [f.name for f in figures if f.passed is False]:
        raise UserError(f"not reached: {', '.join(missed)}", "Close what else runs on this machine, and measure again")
