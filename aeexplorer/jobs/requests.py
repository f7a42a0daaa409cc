"""Requests to pause or cancel a run or a search: a small file in its folder, which stays until it is resumed."""

from pathlib import Path
from typing import Literal, cast

from aeexplorer.core.workspace import write_bytes

Request = Literal["pause", "cancel"]


def write_request(folder: Path, request: Request) -> None:
    """Request that the run's worker, the current or the next one, pauses or cancels the run."""
    write_bytes(folder / "request", request.encode())


def read_request(folder: Path) -> Request | None:
    """Return the request for a run, if there is one. Cheap enough to be called several times a second."""
    try:
        text = (folder / "request").read_text()
    except FileNotFoundError:
        return None
    return cast(Request, text) if text in ("pause", "cancel") else None


def withdraw_request(folder: Path) -> None:
    """Remove the request for a run, if there is one."""
    (folder / "request").unlink(missing_ok=True)
