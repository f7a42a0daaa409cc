"""The process that reads uploads: ``python -m aeexplorer.data.ingest.child`` in a folder with a ``request.json``.

It gives up the network and takes limits on memory, time and output before it looks at the first byte. It answers on
standard output with one JSON message a line, and writes what it read into the folder.
"""

import contextlib
import ctypes
import errno
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_DIE_WITH_PARENT = 1


def confine(limits: Mapping[str, int], parent: int) -> None:
    """Give up network and core dumps, take the limits, and end when the parent ends (each where the system can)."""
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        if system.unshare(_NEW_NET):  # only root may, and only root would lose rights to files by a new user
            system.unshare(_NEW_USER | _NEW_NET)
        system.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["seconds"],
        resource.RLIMIT_FSIZE: limits["output_mb"] << 20,
        resource.RLIMIT_AS: limits["memory_mb"] << 20,
    }
    for kind, bound in bounds.items():
        with contextlib.suppress(OSError, ValueError):  # already tighter, or unknown to this system
            # the processor's soft limit comes first: at the hard one a plain SIGKILL comes, which says nothing
            resource.setrlimit(kind, (bound, bound + (kind == resource.RLIMIT_CPU)))


def work(request: Mapping[str, Any], say: Any) -> None:
    """Do the task of a request in the current folder."""
    from aeexplorer.data.uploads.members import opened
    from aeexplorer.data.uploads.options import IngestOptions
    from aeexplorer.data.uploads.staged import Staging

    folder = Path()
    with opened([(file["name"], Path(file["path"])) for file in request["files"]]) as upload:
        chosen = choose(upload.members)
        options = IngestOptions.model_validate(request["options"])
        if request["task"] == "inspect":
            guess = chosen.inspect_as(upload.members, options)
            (folder / "guess.json").write_bytes(guess.model_dump_json().encode())
            return
        staging = Staging(folder, say)
        if upload.hidden:
            staging.note(f"{upload.hidden:,} hidden files (names with a dot, __MACOSX) were ignored")
        chosen.read(upload.members, options, staging)
        staging.finish()


def choose(members: Sequence[Any]) -> Any:
    """The format that reads all members.

    Raises
    ------
    UploadRejected
        If there is none: an unknown file, files of several kinds, a zip in a zip, nothing at all.
    """
    from aeexplorer.core.errors import UploadRejected
    from aeexplorer.core.registry import collect
    from aeexplorer.data.formats.base import Format

    formats = [kind() for kind in collect("aeexplorer.data.formats", Format).values()]
    known = "; ".join(format.reads for format in formats)
    if not members:
        raise UploadRejected("", "", "there is no file in it", f"Choose {known}")
    nested = next((m for m in members if m.path and m.kind == "zip"), None)
    if nested is not None:
        raise nested.rejected("it is a zip inside a zip", "Unpack the inner one and upload it by itself")
    together = next((format for format in formats if format.takes(members)), None)
    if together is not None:
        return together
    claims = {format: {m for m in members if format.claims(m)} for format in formats}
    for format, claimed in sorted(claims.items(), key=lambda pair: pair[0].gives_way):
        if claimed and all(m in claimed or format.accompanies(m) for m in members):
            return format
    claimed_by_any = set().union(*claims.values())
    stranger = next((m for m in members if m not in claimed_by_any), None)
    if stranger is not None:
        raise stranger.rejected("no format reads files of this kind", f"Choose {known}")
    names = [format.reads for format, claimed in claims.items() if claimed]
    raise members[0].rejected(f"files of several kinds came together ({'; '.join(names)})", "Upload one kind at a time")


def main() -> None:
    """Read an upload."""
    answer(work)


def answer(work: Callable[[Mapping[str, Any], Any], None]) -> None:
    """Confine this process, then answer one request; an exit code other than 0 without an answer means that it crashed.

    Parameters
    ----------
    work
        Called with the request and with what sends a message to the parent; refuses by raising `UploadRejected`.
    """
    request = orjson.loads(Path("request.json").read_bytes())
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def say(message: Mapping[str, Any]) -> None:
        out.write(orjson.dumps(message) + b"\n")

    def reject(reason: str, fix: str, file: str = "", where: str = "") -> None:
        say({"rejected": {"file": file, "where": where, "reason": reason, "fix": fix}})

    confine(request["limits"], request["parent"])
    from aeexplorer.core.errors import UploadRejected

    limits = request["limits"]
    try:
        work(request, say)
        say({"done": True})
    except UploadRejected as error:
        reject(error.cause, error.fix, error.file, error.where)
    except MemoryError:
        reject(f"reading it takes more than {limits['memory_mb']:,} MB of memory", request["fix"])
    except OSError as error:
        if error.errno in (errno.EACCES, errno.ENOENT, errno.EISDIR):
            reason = f"a file of it cannot be opened ({error.strerror})"
            reject(reason, "Check that it is there and that you may read it")
            return
        if error.errno not in (errno.EFBIG, errno.ENOSPC):
            raise
        reject("what it unpacks to does not fit on the disk or is over the limit", request["fix"])


if __name__ == "__main__":
    main()
