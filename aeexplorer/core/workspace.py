"""Where things live on disk, and how they are written: temporary file, fsync, rename, fsync of the folder."""

import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import platformdirs

from aeexplorer.core.errors import UserError

_ID = re.compile(r"(ds|run|search)-[0-9a-f]{12}")


def fsync_folder(folder: Path) -> None:
    """Make the entries of a folder (a rename, a new file) durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` to write to; on leaving without an error it is fsynced and becomes `target`."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
        fsync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file atomically and durably."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)


def write_json(target: Path, tree: Any) -> None:
    """Write plain data as indented JSON, atomically."""
    write_bytes(target, orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))


def write_array(target: Path, array: np.ndarray) -> None:
    """Write an array as `.npy`, atomically."""
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        np.save(out, array, allow_pickle=False)


def read_array(path: Path) -> np.ndarray:
    """A `.npy` file as a read-only memory map."""
    return np.load(path, mmap_mode="r", allow_pickle=False)


@contextmanager
def staging_folder(staging: Path) -> Iterator[Path]:
    """An empty folder to work in, gone on leaving; locked while in use, so that `sweep` spares it."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=staging))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.exists():  # else it was swept before it was locked
            break
        os.close(handle)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(workspace: "Workspace") -> int:
    """Remove what interrupted processes left in ``staging/``; returns how many folders that were."""
    swept = 0
    for folder in workspace.staging.iterdir():
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            swept += 1
        except BlockingIOError:
            pass
        finally:
            os.close(handle)
    return swept


@dataclass
class NewFolder:
    """A folder being filled, and the name it will have (may be set last, when its content is known)."""

    folder: Path
    name: str = ""


@contextmanager
def atomic_folder(parent: Path, staging: Path, name: str = "") -> Iterator[NewFolder]:
    """A new folder to fill; on leaving without an error its files are fsynced and it becomes ``parent / name``.

    If that exists by then (the same content was stored before), it is kept and the new folder dropped.
    """
    with staging_folder(staging) as folder:
        new = NewFolder(folder, name)
        yield new
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as written:
                    os.fsync(written.fileno())
            else:
                fsync_folder(path)
        fsync_folder(folder)
        try:
            folder.replace(parent / new.name)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        else:
            fsync_folder(parent)


def remove_folder(workspace: "Workspace", folder: Path) -> None:
    """Take a folder out of sight at once, then delete it; an interruption leaves its remains to `sweep`."""
    with staging_folder(workspace.staging) as going:
        folder.replace(going / folder.name)
        fsync_folder(folder.parent)


@dataclass(frozen=True)
class Workspace:
    """One folder with everything: ``datasets/``, ``runs/``, ``searches/``, ``queue/``, ``staging/``, the catalogue (an index)."""

    root: Path

    @classmethod
    def open(cls, root: Path | str | None = None) -> "Workspace":
        """The workspace at `root`, else at ``AEEXPLORER_WORKSPACE``, else in the user's data directory; made where missing.

        Raises
        ------
        UserError
            If the folder cannot be made or written to.
        """
        chosen = root or os.environ.get("AEEXPLORER_WORKSPACE") or platformdirs.user_data_dir("aeexplorer", appauthor=False)
        workspace = cls(Path(chosen).expanduser().resolve())
        try:
            for folder in (workspace.datasets, workspace.runs, workspace.searches, workspace.queue, workspace.staging):
                folder.mkdir(parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise UserError(
                f"the workspace {workspace.root} cannot be used: {error.strerror}",
                "Name a folder you may write to with --workspace or AEEXPLORER_WORKSPACE",
            ) from None
        return workspace

    @property
    def datasets(self) -> Path:
        """One folder a dataset, named by its id."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """One folder a run, named by its id."""
        return self.root / "runs"

    @property
    def searches(self) -> Path:
        """One folder a search, named by its id."""
        return self.root / "searches"

    @property
    def queue(self) -> Path:
        """Tickets of the runs that wait for a worker."""
        return self.root / "queue"

    @property
    def staging(self) -> Path:
        """Half-made folders; whatever an interrupted process left here is swept."""
        return self.root / "staging"

    @property
    def trash(self) -> Path:
        """Removed datasets that can still be brought back; there may be none, and no such folder."""
        return self.root / "trash"

    @property
    def compiled(self) -> Path:
        """What `torch.compile` keeps for the next training; may be deleted at any time, and may not be there."""
        return self.root / "compiled"

    @property
    def catalogue(self) -> Path:
        """The SQLite index; may be deleted at any time and rebuilt."""
        return self.root / "catalogue.sqlite"

    def dataset_folder(self, dataset_id: str) -> Path:
        """The folder of a dataset; raises `UserError` for something that is not an id."""
        return self.datasets / _checked(dataset_id, "ds")

    def run_folder(self, run_id: str) -> Path:
        """The folder of a run; raises `UserError` for something that is not an id."""
        return self.runs / _checked(run_id, "run")

    def search_folder(self, search_id: str) -> Path:
        """The folder of a search; raises `UserError` for something that is not an id."""
        return self.searches / _checked(search_id, "search")


def _checked(name: str, prefix: str) -> str:
    if not _ID.fullmatch(name) or not name.startswith(prefix):
        kind = "dataset" if prefix == "ds" else prefix
        raise UserError(f"{name!r} is not the id of a {kind}", f"Ids look like {prefix}-0123456789ab; list them first")
    return name
