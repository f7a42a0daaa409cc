"""The folders of a workspace, and atomic writes to them.

Every write goes to a temporary file or folder, which is fsynced and renamed; then the parent folder is fsynced. After a crash a
file is either complete or absent.
"""

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import platformdirs

from aeexplorer.core.disk import naming_full_disk
from aeexplorer.core.errors import UserError

MAX_JSON_BYTES = 32 << 20
"""Bytes of a JSON file of a workspace, at most."""
_ID = re.compile(r"(ds|run|search)-[0-9a-f]{12}")


def fsync_folder(folder: Path) -> None:
    """Flush the entries of a folder (renames, new files) to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target`. Without an error in the block, it is fsynced and renamed to `target`.

    Raises
    ------
    DiskFull
        If the disk is full. Nothing remains of the file then.
    """
    with naming_full_disk():
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
    """Write a file atomically and flush it to disk."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(content)


def write_json(target: Path, tree: Any) -> None:
    """Write plain data as indented JSON, atomically. NumPy scalars and arrays are allowed."""
    write_bytes(target, orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))


def write_array(target: Path, array: np.ndarray) -> None:
    """Write an array as a ``.npy`` file, atomically."""
    with atomic_path(target) as temporary, temporary.open("wb") as out:
        np.save(out, array, allow_pickle=False)


def read_json(path: Path) -> Any:
    """Read plain data from a JSON file.

    Raises
    ------
    OSError
        If the file is missing, or is no regular file (a pipe or a device would never end).
    ValueError
        If it is larger than `MAX_JSON_BYTES`, or no JSON.
    """
    _require_file(path)
    if path.stat().st_size > MAX_JSON_BYTES:
        raise ValueError(f"{path.name} has more than {MAX_JSON_BYTES:,} bytes")
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise ValueError(f"{path.name} is {'not JSON' if path.stat().st_size else 'empty'}") from None


def read_array(path: Path) -> np.ndarray:
    """Open a ``.npy`` file as a read-only memory map.

    Raises
    ------
    OSError
        If the file is missing, or is no regular file.
    ValueError
        If it is no array, an array of Python objects, or shorter than its header says.
    """
    _require_file(path)
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OverflowError, MemoryError, SyntaxError, TypeError, RecursionError):
        reason = "is no array that can be read" if path.stat().st_size else "is empty"
        raise ValueError(f"{path.name} {reason}") from None
    if not isinstance(array, np.ndarray):  # an archive of several arrays
        raise ValueError(f"{path.name} is no array")
    return array


def _require_file(path: Path) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))


@contextmanager
def staging_folder(staging: Path) -> Iterator[Path]:
    """Yield an empty temporary folder, removed afterwards. It is locked while in use, so that `sweep` does not remove it."""
    while True:
        folder = Path(tempfile.mkdtemp(dir=staging))
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.exists():  # otherwise `sweep` removed it before it was locked
            break
        os.close(handle)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(workspace: "Workspace") -> int:
    """Remove the folders that interrupted processes left in ``staging/``.

    Returns
    -------
    int
        Number of removed folders. Folders that a living process has locked are kept.
    """
    removed = 0
    for folder in workspace.staging.iterdir():
        try:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
        except BlockingIOError:
            pass
        finally:
            os.close(handle)
    return removed


@dataclass
class NewFolder:
    """A temporary folder that is being filled.

    Parameters
    ----------
    folder
        Path of the temporary folder.
    name
        Final name. It may be set after the content is written, for example to a hash of it.
    """

    folder: Path
    name: str = ""


@contextmanager
def atomic_folder(parent: Path, staging: Path, name: str = "") -> Iterator[NewFolder]:
    """Yield a new folder to fill. Without an error in the block, it is fsynced and renamed to ``parent / name``.

    If a folder of that name exists (the same content was stored before), the existing folder stays and the new one is dropped.

    Parameters
    ----------
    parent
        Where the finished folder goes.
    staging
        Where the folder is while it is being filled; on the same file system as `parent`.
    name
        Final name, unless the block sets `NewFolder.name`.

    Raises
    ------
    DiskFull
        If the disk is full. Nothing remains of the folder then.
    """
    with naming_full_disk(), staging_folder(staging) as folder:
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
    """Delete a folder: move it into ``staging/`` at once, then remove it. After an interruption `sweep` removes the rest."""
    with staging_folder(workspace.staging) as temporary:
        folder.replace(temporary / folder.name)
        fsync_folder(folder.parent)


@dataclass(frozen=True)
class Workspace:
    """The folder that holds all data of the app: datasets, runs, searches, the queue, and a catalogue that indexes them.

    Parameters
    ----------
    root
        Absolute path of the folder.
    """

    root: Path

    @classmethod
    def open(cls, root: Path | str | None = None) -> "Workspace":
        """Open a workspace, and create its folders if they are missing.

        Parameters
        ----------
        root
            Folder of the workspace; by default the environment variable ``AEEXPLORER_WORKSPACE``, else the user's data directory.

        Raises
        ------
        UserError
            If the folder cannot be created or written to.
        """
        path = root or os.environ.get("AEEXPLORER_WORKSPACE") or platformdirs.user_data_dir("aeexplorer", appauthor=False)
        workspace = cls(Path(path).expanduser().resolve())
        try:
            for folder in (workspace.datasets, workspace.runs, workspace.searches, workspace.queue, workspace.staging):
                folder.mkdir(parents=True, exist_ok=True)
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise UserError(
                f"the workspace {workspace.root} cannot be used: {error.strerror}",
                "Choose a folder that you can write to, with --workspace or AEEXPLORER_WORKSPACE",
            ) from None
        return workspace

    @property
    def datasets(self) -> Path:
        """Datasets, one folder each, named by id."""
        return self.root / "datasets"

    @property
    def runs(self) -> Path:
        """Runs, one folder each, named by id."""
        return self.root / "runs"

    @property
    def searches(self) -> Path:
        """Searches, one folder each, named by id."""
        return self.root / "searches"

    @property
    def queue(self) -> Path:
        """Tickets of the runs that are waiting for a worker."""
        return self.root / "queue"

    @property
    def staging(self) -> Path:
        """Unfinished folders; `sweep` removes those of interrupted processes."""
        return self.root / "staging"

    @property
    def trash(self) -> Path:
        """Removed datasets that can still be restored. The folder may not exist."""
        return self.root / "trash"

    @property
    def compiled(self) -> Path:
        """Cache of `torch.compile`. It can be deleted at any time, and may not exist."""
        return self.root / "compiled"

    @property
    def catalogue(self) -> Path:
        """SQLite file of the catalogue. It can be deleted at any time and is rebuilt from the folders."""
        return self.root / "catalogue.sqlite"

    def dataset_folder(self, dataset_id: str) -> Path:
        """Return the folder of a dataset. Raises `UserError` if the argument is not a dataset id."""
        return self.datasets / _validated_id(dataset_id, "ds")

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of a run. Raises `UserError` if the argument is not a run id."""
        return self.runs / _validated_id(run_id, "run")

    def search_folder(self, search_id: str) -> Path:
        """Return the folder of a search. Raises `UserError` if the argument is not a search id."""
        return self.searches / _validated_id(search_id, "search")


def _validated_id(text: str, prefix: str) -> str:
    if not _ID.fullmatch(text) or not text.startswith(prefix):
        kind = "dataset" if prefix == "ds" else prefix
        raise UserError(f"{text!r} is not the id of a {kind}", f"Give an id such as {prefix}-0123456789ab, as shown in the list")
    return text
