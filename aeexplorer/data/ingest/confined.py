"""Run tasks on uploads in a confined child process, and turn every way in which the process can end into a result or an error."""

import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

import aeexplorer
from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.logs import package_logger
from aeexplorer.data.uploads.options import IngestLimits, IngestOptions

Progress = Callable[[float, str], None]
"""Callback with the fraction done and a sentence, called several times a second. An exception that it raises cancels the work."""

_PROGRESS_INTERVAL_SECONDS = 0.25  # between two calls of `progress` while the child sends nothing
_MAX_MESSAGE_BYTES = 1 << 20
_log = package_logger(__name__)
_GIVE_LESS = "Upload a smaller file, or divide it"
_ALLOW_MORE = "allow more with `aeexplorer data add FILE --limit seconds=3600` (or memory_mb, output_mb)"


@dataclass(frozen=True)
class Upload:
    """A file that the user uploads.

    Parameters
    ----------
    name
        Name that the user gave it, including folders. It is shown, but never used as a path.
    content
        Path of the file, its bytes, or an open binary file.
    """

    name: str
    content: Path | bytes | BinaryIO


def ignore_progress(fraction: float, text: str) -> None:
    """Do nothing. The default progress callback."""


def run_child(
    task: Literal["read", "inspect"],
    uploads: list[Upload],
    options: IngestOptions,
    limits: IngestLimits,
    folder: Path,
    progress: Progress,
) -> None:
    """Read or inspect uploads in a child process, which writes its results into `folder`.

    The child never outlives this call.

    Parameters
    ----------
    task
        ``read`` the upload, or ``inspect`` it.
    uploads
        Files of the upload.
    options
        Options for reading.
    limits
        Resource limits of the child.
    folder
        Empty folder in which the child works.
    progress
        Called with the progress of the child.

    Raises
    ------
    UploadRejected
        If there is no file, or the child refuses a file, exceeds a limit or crashes.
    """
    if not uploads:
        raise UploadRejected("the upload", "", "there is no file in it", "Choose at least one file")
    (folder / "inputs").mkdir()
    request = {
        "task": task,
        "files": [{"name": u.name, "path": str(spool(u, folder / "inputs" / str(i)))} for i, u in enumerate(uploads)],
        "options": options.model_dump(mode="json"),
    }
    label = uploads[0].name if len(uploads) == 1 else f"the upload of {len(uploads):,} files"
    run_confined("aeexplorer.data.ingest.child", request, limits, folder, label, progress, f"{_GIVE_LESS}, or {_ALLOW_MORE}")


def run_confined(
    module: str,
    request: dict[str, Any],
    limits: IngestLimits,
    folder: Path,
    label: str,
    progress: Progress = ignore_progress,
    fix: str = _GIVE_LESS,
) -> None:
    """Run ``python -m module`` as a confined child process. The child never outlives this call.

    Parameters
    ----------
    module
        Name of a module whose main program calls `aeexplorer.data.ingest.child.run_task`.
    request
        Plain data that the child reads from ``request.json``.
    limits
        Resource limits of the child.
    folder
        Working folder of the child.
    label
        Name of the input in error messages.
    progress
        Called with the progress of the child.
    fix
        Advice in the error message when the child exceeds a limit.

    Raises
    ------
    UploadRejected
        If the child refuses its input, exceeds a limit or crashes.
    """
    request = {**request, "parent": os.getpid(), "limits": limits.model_dump(mode="json"), "fix": fix}
    (folder / "request.json").write_bytes(orjson.dumps(request))
    command = [sys.executable, "-P", "-m", module]
    child = subprocess.Popen(
        command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        outcome = _wait_for_outcome(child, time.monotonic() + limits.seconds, progress)
        if outcome is None:
            raise UploadRejected(label, "", *_explain_crash(child, limits, fix))
        if outcome != {}:
            raise UploadRejected(outcome["file"] or label, outcome["where"], outcome["reason"], outcome["fix"])
    except UploadRejected as rejected:
        _log.info("refused: %s", rejected)
        raise
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def spool(upload: Upload, target: Path) -> Path:
    """Return the path of an upload. An upload that is not a file on disk is written to `target`."""
    if isinstance(upload.content, Path):
        return upload.content.resolve()
    with target.open("wb") as out:
        if isinstance(upload.content, bytes):
            out.write(upload.content)
        else:
            upload.content.seek(0)
            shutil.copyfileobj(upload.content, out, 1 << 20)
    return target


def _environment() -> dict[str, str]:
    return {
        "PYTHONPATH": str(Path(aeexplorer.__file__).parent.parent),
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "ARROW_IO_THREADS": "1",
    }


def _wait_for_outcome(child: subprocess.Popen[bytes], deadline: float, progress: Progress) -> dict[str, str] | None:
    """Report the progress of the child until it ends.

    Returns
    -------
    dict or None
        An empty dict if the child has finished; file, where, reason and fix if it refused the upload; None if it crashed or
        reached the deadline.
    """
    fraction, text, outcome = 0.0, "opening the upload", None
    for message in _messages(child, deadline):
        if "progress" in message:
            fraction, text = float(message["progress"]), str(message["text"])
        elif "rejected" in message:
            outcome = {key: str(message["rejected"][key]) for key in ("file", "where", "reason", "fix")}
        elif "done" in message:
            outcome = {}
        progress(fraction, text)
    return outcome


def _messages(child: subprocess.Popen[bytes], deadline: float) -> Iterator[dict[str, Any]]:
    """Iterate over the messages of the child. Yields an empty message whenever it sends nothing for a while."""
    assert child.stdout is not None
    handle, rest = child.stdout.fileno(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(handle, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and len(rest) < _MAX_MESSAGE_BYTES:
            if not selector.select(min(_PROGRESS_INTERVAL_SECONDS, left)):
                yield {}
                continue
            chunk = os.read(handle, 1 << 16)
            if not chunk:
                child.wait(left)
                return
            *lines, rest = (rest + chunk).split(b"\n")
            yield from map(orjson.loads, lines)


def _explain_crash(child: subprocess.Popen[bytes], limits: IngestLimits, fix: str) -> tuple[str, str]:
    """Return reason and fix for a child that ended without an outcome."""
    code = child.poll()
    if code is None or code == -signal.SIGXCPU:
        return f"reading it takes longer than {limits.seconds:,} seconds", fix
    if code == -signal.SIGKILL:
        return "the system stopped reading it, most likely because memory ran out", _GIVE_LESS
    return "it crashed the reader, so the file is damaged or hostile", "Save it again with another program"
