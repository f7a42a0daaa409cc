"""The confined process that reads uploads: ``python -m aeexplorer.data.ingest.child`` in a folder with a ``request.json``.

Before the process reads the first byte of an upload, it gives up the network and limits its memory, time and output. It sends
messages to the parent on standard output, one JSON object per line, and writes the data that it has read into the folder.
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

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # flags of unshare(2)
_PR_SET_PDEATHSIG = 1  # option of prctl(2)


def confine(limits: Mapping[str, int], parent: int) -> None:
    """Give up the network and core dumps, limit the resources of this process, and end it when the parent ends.

    Each measure is taken where the operating system supports it.

    Parameters
    ----------
    limits
        ``memory_mb``, ``seconds`` and ``output_mb``, see `IngestLimits`.
    parent
        Process id of the parent.
    """
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        # Root needs no new user namespace, and would lose access to files in one. Other users need it.
        if system.unshare(_CLONE_NEWNET):
            system.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        system.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["seconds"],
        resource.RLIMIT_FSIZE: limits["output_mb"] << 20,
        resource.RLIMIT_AS: limits["memory_mb"] << 20,
    }
    for kind, bound in bounds.items():
        with contextlib.suppress(OSError, ValueError):  # the limit is lower already, or not supported
            # At the soft limit of CPU time SIGXCPU is sent, which `confined` recognises; at the hard limit only SIGKILL.
            resource.setrlimit(kind, (bound, bound + (kind == resource.RLIMIT_CPU)))


def work(request: Mapping[str, Any], send: Any) -> None:
    """Read or inspect the upload of a request, and write the result into the current folder."""
    from aeexplorer.data.uploads.members import open_upload
    from aeexplorer.data.uploads.options import IngestOptions
    from aeexplorer.data.uploads.staged import Staging

    folder = Path()
    options = IngestOptions.model_validate(request["options"])
    files = [(file["name"], Path(file["path"])) for file in request["files"]]
    with open_upload(files, options.name_encoding) as upload:
        format = choose_format(upload.members)
        notes = _name_notes(upload)
        if request["task"] == "inspect":
            guess = format.inspect_as(upload.members, options)
            if upload.decoded is not None:
                changes = {"code_page": upload.decoded.code_page, "notes": (*notes, *guess.notes)}
                changes["reading_choices"] = ("name_encoding", *guess.reading_choices)
                guess = guess.model_copy(update=changes)
            (folder / "guess.json").write_bytes(guess.model_dump_json().encode())
            return
        staging = Staging(folder, send)
        if upload.hidden:
            staging.note(f"{upload.hidden:,} hidden files (names that start with a dot, __MACOSX) were ignored")
        for sentence in notes:
            staging.note(sentence)
        format.read(upload.members, options, staging)
        staging.finish()


def _name_notes(upload: Any) -> list[str]:
    """Say in which code page the names of files were read, if they are not UTF-8."""
    if upload.decoded is None:
        return []
    page, example = upload.decoded.code_page, upload.decoded.example
    return [f"the names in the zip are not UTF-8; they were read as {page} (first: {example}); name_encoding chooses another one"]


def choose_format(members: Sequence[Any]) -> Any:
    """Return the format that reads all members of an upload.

    Raises
    ------
    UploadRejected
        If there is no such format: no member, an unknown kind of file, files of several kinds, or a zip inside a zip.
    """
    from aeexplorer.core.errors import UploadRejected
    from aeexplorer.core.registry import collect
    from aeexplorer.data.formats.base import Format

    formats = [kind() for kind in collect("aeexplorer.data.formats", Format).values()]
    readable = "; ".join(format.reads for format in formats)
    if not members:
        raise UploadRejected("", "", "there is no file in it", f"Choose {readable}")
    nested = next((m for m in members if m.path and m.kind == "zip"), None)
    if nested is not None:
        raise nested.rejected("it is a zip inside a zip", "Unpack the inner zip and upload it separately")
    # first choice: a format for exactly this combination of files
    combined = next((format for format in formats if format.claims_together(members)), None)
    if combined is not None:
        return combined
    # second choice: a format that claims some of the files, if it accepts the others beside them
    claims = {format: {m for m in members if format.claims(m)} for format in formats}
    for format, claimed in sorted(claims.items(), key=lambda pair: pair[0].is_fallback):
        if claimed and all(m in claimed or format.accompanies(m) for m in members):
            return format
    claimed_by_any = set().union(*claims.values())
    unclaimed = next((m for m in members if m not in claimed_by_any), None)
    if unclaimed is not None:
        raise unclaimed.rejected("no format reads files of this kind", f"Choose {readable}")
    names = [format.reads for format, claimed in claims.items() if claimed]
    raise members[0].rejected(f"the upload mixes files of several kinds ({'; '.join(names)})", "Upload one kind at a time")


def main() -> None:
    """Run the task of reading an upload."""
    run_task(work)


def run_task(work: Callable[[Mapping[str, Any], Any], None]) -> None:
    """Confine this process, run one task, and send its outcome to the parent.

    The last message is ``{"done": true}`` or ``{"rejected": {...}}``. Without either, the process has crashed.

    Parameters
    ----------
    work
        The task. It is called with the request from ``request.json`` and a function that sends a message to the parent. It raises
        `UploadRejected` to refuse the upload.
    """
    request = orjson.loads(Path("request.json").read_bytes())
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever libraries print goes to standard error

    def send(message: Mapping[str, Any]) -> None:
        out.write(orjson.dumps(message) + b"\n")

    def reject(reason: str, fix: str, file: str = "", where: str = "") -> None:
        send({"rejected": {"file": file, "where": where, "reason": reason, "fix": fix}})

    confine(request["limits"], request["parent"])
    from aeexplorer.core.errors import UploadRejected

    limits = request["limits"]
    try:
        work(request, send)
        send({"done": True})
    except UploadRejected as error:
        reject(error.cause, error.fix, error.file, error.where)
    except MemoryError:
        reject(f"reading it takes more than {limits['memory_mb']:,} MB of memory", request["fix"])
    except OSError as error:
        if error.errno in (errno.EACCES, errno.ENOENT, errno.EISDIR):
            reason = f"a file cannot be opened ({error.strerror})"
            reject(reason, "Check that the file exists and that you have permission to read it")
            return
        if error.errno not in (errno.EFBIG, errno.ENOSPC):
            raise
        reject("its unpacked data do not fit on the disk or are over the limit", request["fix"])


if __name__ == "__main__":
    main()
