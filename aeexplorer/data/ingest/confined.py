"""Running the reading of an upload in a child process, and turning every way it can end into an answer."""

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
from aeexplorer.data.uploads.options import IngestLimits, IngestOptions

Progress = Callable[[float, str], None]
"""Called with the fraction done and a sentence, several times a second; an exception it raises cancels the work."""

_BEAT = 0.25  # seconds between two calls of `progress` when the child says nothing
_LONGEST_LINE = 1 << 20
_SMALLER = "Give a smaller file, or divide it"
_ALLOW = "allow more with `aeexplorer data add FILE --limit seconds=3600` (or memory_mb, output_mb)"


@dataclass(frozen=True)
class Upload:
    """A file as a person gave it.

    Parameters
    ----------
    name
        As the person named it, folders included; shown, never used as a path.
    content
        Where it lies, its bytes, or an open binary file.
    """

    name: str
    content: Path | bytes | BinaryIO


def ignore_progress(fraction: float, text: str) -> None:
    """The progress of someone who does not look."""


def run_child(
    task: Literal["read", "inspect"],
    uploads: list[Upload],
    options: IngestOptions,
    limits: IngestLimits,
    folder: Path,
    progress: Progress,
) -> None:
    """Let a child process read the uploads and write what it finds into `folder`.

    Raises
    ------
    UploadRejected
        If there is no file, the child refuses one, runs into a limit, or dies. The child never outlives this call.
    """
    if not uploads:
        raise UploadRejected("the upload", "", "there is no file in it", "Choose at least one file")
    (folder / "inputs").mkdir()
    request = {
        "task": task,
        "files": [{"name": u.name, "path": str(spooled(u, folder / "inputs" / str(i)))} for i, u in enumerate(uploads)],
        "options": options.model_dump(mode="json"),
    }
    shown = uploads[0].name if len(uploads) == 1 else f"the upload of {len(uploads):,} files"
    run_confined("aeexplorer.data.ingest.child", request, limits, folder, shown, progress, f"{_SMALLER}, or {_ALLOW}")


def run_confined(
    module: str,
    request: dict[str, Any],
    limits: IngestLimits,
    folder: Path,
    shown: str,
    progress: Progress = ignore_progress,
    fix: str = _SMALLER,
) -> None:
    """Run ``python -m module`` with limits in `folder`; the module's `main` is `aeexplorer.data.ingest.child.answer` of its work.

    Parameters
    ----------
    module, request
        What runs, and what it finds in ``request.json``.
    limits
        What it may use.
    folder
        Where it works.
    shown
        What a person calls that which is read.
    progress
        Called with what it says.
    fix
        What helps where it runs into a limit.

    Raises
    ------
    UploadRejected
        If it refuses what it reads, runs into a limit, or dies. The child never outlives this call.
    """
    request = {**request, "parent": os.getpid(), "limits": limits.model_dump(mode="json"), "fix": fix}
    (folder / "request.json").write_bytes(orjson.dumps(request))
    command = [sys.executable, "-P", "-m", module]
    child = subprocess.Popen(
        command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        answer = _follow(child, time.monotonic() + limits.seconds, progress)
        if answer is None:
            raise UploadRejected(shown, "", *_how_it_ended(child, limits, fix))
        if answer != {}:
            raise UploadRejected(answer["file"] or shown, answer["where"], answer["reason"], answer["fix"])
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def spooled(upload: Upload, target: Path) -> Path:
    """Where an upload lies on the disk; one that does not is written to `target`."""
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


def _follow(child: subprocess.Popen[bytes], deadline: float, progress: Progress) -> dict[str, str] | None:
    """Pass on the child's progress until it ends: `{}` when it is done, its refusal, or None when it died or must."""
    fraction, text, answer = 0.0, "opening the upload", None
    for message in _messages(child, deadline):
        if "progress" in message:
            fraction, text = float(message["progress"]), str(message["text"])
        elif "rejected" in message:
            answer = {key: str(message["rejected"][key]) for key in ("file", "where", "reason", "fix")}
        elif "done" in message:
            answer = {}
        progress(fraction, text)
    return answer


def _messages(child: subprocess.Popen[bytes], deadline: float) -> Iterator[dict[str, Any]]:
    """What the child says, line by line, and `{}` when it says nothing for a while."""
    assert child.stdout is not None
    handle, rest = child.stdout.fileno(), b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(handle, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and len(rest) < _LONGEST_LINE:
            if not waiting.select(min(_BEAT, left)):
                yield {}
                continue
            piece = os.read(handle, 1 << 16)
            if not piece:
                child.wait(left)
                return
            *lines, rest = (rest + piece).split(b"\n")
            yield from map(orjson.loads, lines)


def _how_it_ended(child: subprocess.Popen[bytes], limits: IngestLimits, fix: str) -> tuple[str, str]:
    code = child.poll()
    if code is None or code == -signal.SIGXCPU:
        return f"reading it takes longer than {limits.seconds:,} seconds", fix
    if code == -signal.SIGKILL:
        return "reading it was stopped by the system, most likely for want of memory", _SMALLER
    return "reading it crashed the reader, so the file is damaged or hostile", "Save it anew with another program"
