"""Raw files of public datasets: where they are stored, and how they are downloaded, with progress and a checksum."""

import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import atomic_path
from aeexplorer.data.ingest.confined import Progress

_CHUNK_BYTES = 1 << 18
_TIMEOUT_SECONDS = 20  # without receiving a byte


def downloads() -> Path:
    """Return the folder of downloaded files, shared by all workspaces of the user."""
    return Path(platformdirs.user_cache_dir("aeexplorer", appauthor=False)) / "raw"


def data_folders() -> list[Path]:
    """Return the folders that may hold raw files: ``AEEXPLORER_DATA_DIR`` if set, then the downloads."""
    data_dir = os.environ.get("AEEXPLORER_DATA_DIR")
    return [*([Path(data_dir).expanduser()] if data_dir else []), downloads()]


def download(name: str, urls: Sequence[str], target: Path, md5: str, progress: Progress) -> None:
    """Download a file, unless it exists.

    Parameters
    ----------
    name
        Name of the dataset.
    urls
        Addresses of the file, tried in order.
    target
        Where the file is stored.
    md5
        MD5 (hex) of the file.
    progress
        Called with the fraction downloaded and a sentence.

    Raises
    ------
    UserError
        If no address gives a file with this checksum.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    reason = ""
    for url in urls:
        try:
            with atomic_path(target) as temporary:
                if _fetch(url, temporary, progress) != md5:
                    raise OSError("the checksum differs")
            return
        except (OSError, ValueError) as error:
            reason = str(error)
    raise UserError(
        f"{name} is not on this machine and could not be downloaded ({reason})",
        "Connect to the internet, or put the raw files into a folder and set AEEXPLORER_DATA_DIR to it; "
        "the datasets digits and shapes need no download",
    )


def _fetch(url: str, target: Path, progress: Progress) -> str:
    """Download a file, and return its MD5 (hex)."""
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = urllib.request.Request(url, headers={"User-Agent": "aeexplorer"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response, target.open("wb") as out:
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(_CHUNK_BYTES):
            out.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            fraction = done / total if total else 0.5
            progress(
                min(fraction, 1.0), f"downloading {target.name.lstrip('.')[:40]}: {done / 1e6:.1f} MB of {total / 1e6:.1f} MB"
            )
    return digest.hexdigest()


def locate_or_download(name: str, files: Sequence[tuple[str, str, str]], progress: Progress) -> list[Path]:
    """Return the paths of the raw files of a dataset. Files that are not in any of `data_folders` are downloaded.

    Parameters
    ----------
    name
        Name of the dataset. A subfolder of this name is searched first.
    files
        Address, file name and MD5 of each file, as torchvision lists them.
    progress
        Called while downloading.

    Raises
    ------
    UserError
        If the files are missing and cannot be downloaded.
    """
    for folder in data_folders():
        for subfolder in (folder / name, folder):
            paths = [subfolder / file for _, file, _ in files]
            if all(path.is_file() for path in paths):
                return paths
    for i, (url, file, md5) in enumerate(files):
        file_progress = lambda done, text, i=i: progress((i + done) / len(files), text)  # noqa: E731
        download(name, [url], downloads() / name / file, md5, file_progress)
    return [downloads() / name / file for _, file, _ in files]
