"""Helpers shared by the commands: common options, tables, a progress bar and JSON output."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from aeexplorer.core.logs import printable

WorkspaceOption = Annotated[
    Path | None, typer.Option("--workspace", help="Folder with datasets and runs; also AEEXPLORER_WORKSPACE.", show_default=False)
]
_CONTROLS = re.compile(rb"\x7f|\xc2[\x80-\x9f]")  # in UTF-8
PRESET_HELP = "Preset that the settings start from; by default the one that the page Train recommends for the data"
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on the last line.")]


def echo(text: str, err: bool = False) -> None:
    """Print lines on standard output, or on standard error; escape codes in names and labels never reach the terminal."""
    typer.echo("\n".join(map(printable, text.split("\n"))), err=err)


def print_json(tree: Any) -> None:
    """Print one line of JSON on standard output. Control characters beyond ASCII, which JSON allows, are escaped too."""
    sys.stdout.flush()
    content = orjson.dumps(tree, option=orjson.OPT_SERIALIZE_NUMPY)
    sys.stdout.buffer.write(_CONTROLS.sub(lambda match: b"\\u%04x" % ord(match[0].decode()), content) + b"\n")
    sys.stdout.buffer.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a table on standard output, numbers right-aligned. Without a terminal, lines are not wrapped or cut."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200)
    heading = Text(printable(title)) if title else None
    table = Table(*map(printable, columns), box=SIMPLE_HEAD, title=heading, title_justify="left", pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_format_cell(cell), justify="right" if isinstance(cell, int | float) else "left") for cell in row))
    console.print(table)


def _format_cell(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.4g}" if isinstance(cell, float) else printable(str(cell))


@contextmanager
def progress_line(title: str) -> Iterator[Callable[[float, str], None]]:
    """Show a progress bar on standard error. The yielded function takes the fraction that is done and a text."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(printable(title), total=1.0)
        yield lambda fraction, text: bar.update(
            task, completed=fraction, description=printable(f"{title}: {text}" if text else title)
        )
