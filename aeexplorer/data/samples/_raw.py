"""Where raw files of public sets lie, and how they are fetched: with progress, a checksum, and a clear word when offline."""

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

_PIECE = 1 << 18
_PATIENCE = 20  # seconds without a byte


def downloads() -> Path:
    """Where downloads are kept between runs, for all workspaces of the user."""
    return Path(platformdirs.user_cache_dir("aeexplorer", appauthor=False)) / "raw"


def data_folders() -> list[Path]:
    """Folders to look for raw files in: ``AEEXPLORER_DATA_DIR`` first, then earlier downloads."""
    given = os.environ.get("AEEXPLORER_DATA_DIR")
    return [*([Path(given).expanduser()] if given else []), downloads()]


def download(name: str, urls: Sequence[str], target: Path, md5: str, progress: Progress) -> None:
    """Fetch a file from the first address that has it; a file that is there already is kept.

    Raises
    ------
    UserError
        If no address answers with the right file.
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
        "Connect to the internet, or put the raw files into a folder and name it in AEEXPLORER_DATA_DIR; "
        "digits and shapes need neither",
    )


def _fetch(url: str, target: Path, progress: Progress) -> str:
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = urllib.request.Request(url, headers={"User-Agent": "aeexplorer"})
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer, target.open("wb") as out:
        total = int(answer.headers.get("Content-Length") or 0)
        while piece := answer.read(_PIECE):
            out.write(piece)
            digest.update(piece)
            done += len(piece)
            share = done / total if total else 0.5
            progress(min(share, 1.0), f"downloading {target.name.lstrip('.')[:40]}: {done / 1e6:.1f} MB of {total / 1e6:.1f} MB")
    return digest.hexdigest()


def located(name: str, files: Sequence[tuple[str, str, str]], progress: Progress) -> list[Path]:
    """Raw files of a set: found in one of the folders, or in one there of the set's name, else downloaded.

    Parameters
    ----------
    name
        Of the set.
    files
        Address, file name and MD5 of each, as torchvision lists them.
    progress
        Told of downloads.

    Raises
    ------
    UserError
        If they are not there and cannot be downloaded.
    """
    for folder in data_folders():
        for place in (folder / name, folder):
            paths = [place / file for _, file, _ in files]
            if all(path.is_file() for path in paths):
                return paths
    for i, (url, file, md5) in enumerate(files):
        share = lambda done, text, i=i: progress((i + done) / len(files), text)  # noqa: E731
        download(name, [url], downloads() / name / file, md5, share)
    return [downloads() / name / file for _, file, _ in files]
