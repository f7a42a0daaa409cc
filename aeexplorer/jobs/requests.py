"""What the user wants of a run, as a small file in its folder that stays until the run is submitted again."""

from pathlib import Path
from typing import Literal, cast

from aeexplorer.core.workspace import write_bytes

Request = Literal["pause", "cancel"]


def request(folder: Path, wish: Request) -> None:
    """Ask the run's worker, present or next, to pause or cancel."""
    write_bytes(folder / "request", wish.encode())


def requested(folder: Path) -> Request | None:
    """What was asked for, if anything; cheap enough to ask several times a second."""
    try:
        wish = (folder / "request").read_text()
    except FileNotFoundError:
        return None
    return cast(Request, wish) if wish in ("pause", "cancel") else None


def withdraw_request(folder: Path) -> None:
    """Take back what was asked for."""
    (folder / "request").unlink(missing_ok=True)
