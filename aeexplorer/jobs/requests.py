"""Requests to pause or cancel a run or a search: a small file in its folder, which stays until it is resumed.

A worker that follows a request says so by a second file, since writing the results may take a while.
"""

from pathlib import Path
from typing import Literal, cast

from aeexplorer.core.workspace import write_bytes

Request = Literal["pause", "cancel"]


def write_request(folder: Path, request: Request) -> None:
    """Request that the run's worker, the current or the next one, pauses or cancels the run."""
    _followed(folder).unlink(missing_ok=True)
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
    _followed(folder).unlink(missing_ok=True)


def follow_request(folder: Path, follows: bool = True) -> None:
    """Record that the run's worker follows the request, or, if there was none when it started, that it has not seen one."""
    if follows:
        _followed(folder).touch()
    else:
        _followed(folder).unlink(missing_ok=True)


def is_followed(folder: Path) -> bool:
    """Return whether the run's worker follows the request."""
    return _followed(folder).exists()


def _followed(folder: Path) -> Path:
    return folder / "request.followed"
