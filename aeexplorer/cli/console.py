"""What the commands share: the workspace option, tables, a progress line, JSON."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder with datasets and runs; also AEEXPLORER_WORKSPACE.", show_default=False)
]
PRESET = "Where the settings start; by default what the page Train proposes for the data"
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]


def print_json(tree: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(tree, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
    sys.stdout.buffer.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table on standard output; numbers to the right. Nothing is cut off when it goes into a pipe."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200)
    table = Table(*columns, box=SIMPLE_HEAD, title=Text(title) if title else None, title_justify="left", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_shown(cell), justify="right" if isinstance(cell, int | float) else "left") for cell in row))
    console.print(table)


def _shown(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)


@contextmanager
def progress_line(what: str) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error, driven by (fraction, text)."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda fraction, text: bar.update(task, completed=fraction, description=f"{what}: {text}" if text else what)
