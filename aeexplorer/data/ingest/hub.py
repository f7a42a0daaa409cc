"""Datasets of the Hugging Face hub by name: their Parquet files, and nothing else of them, come in as an upload does.

No code of a repository is run, none of its names becomes a path, and the confined child reads what was downloaded.
"""

import errno
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import Settings
from aeexplorer.core.workspace import Workspace, staging_folder
from aeexplorer.data.dataset import Dataset, clean_name
from aeexplorer.data.ingest.confined import Progress, Upload, ignore_progress
from aeexplorer.data.ingest.ingest import IngestOptions, ingest

_CONVERTED = "refs/convert/parquet"  # the branch into which the hub itself writes every set as Parquet
_ADDRESS = re.compile(r"(?:https?://[^/]+/datasets/)?([A-Za-z0-9][\w.-]{0,95}(?:/[\w.-]{1,96})?)/?")
_SHARD = re.compile(r"(.+?)-\d{3,}(?:-of-\d+)?(?:-[0-9a-f]+)?")
_MB = 1_000_000
_PATIENCE = 20  # seconds until the hub answers


class HubChoice(Settings):
    """Which part of a dataset of the hub to take."""

    name: str = Field("", max_length=300)
    """OWNER/NAME as on huggingface.co/datasets, or the address of its page."""
    config: str = Field("", max_length=200)
    """Configuration, where it has several; empty takes the only one."""
    split: str = Field("train", max_length=200)
    """Split of it to take, which is divided anew."""
    limit_mb: int = Field(2000, ge=1, le=1 << 16)
    """Most to download, in MB; of a larger split the first files are taken."""


@dataclass(frozen=True)
class Part:
    """A Parquet file of a repository."""

    path: str
    size: int
    """In bytes; 0 where the hub does not say."""
    sha256: str = ""


def add_from_hub(
    workspace: Workspace, choice: HubChoice, options: IngestOptions = IngestOptions(), progress: Progress = ignore_progress
) -> Dataset:
    """Download a split of a dataset and store it; its notes name the revision and the licence.

    Raises
    ------
    UserError
        Without the extra ``hub`` or a network, for a name, configuration or split that is not there, one that may not be
        read, or one without Parquet files.
    UploadRejected
        As for an upload.
    """
    library = _library()
    match = _ADDRESS.fullmatch(choice.name.strip())
    if match is None:
        raise UserError(f"{choice.name!r} is no name of a dataset", "Write OWNER/NAME, as on huggingface.co/datasets")
    name = match[1]
    with _told(name):
        progress(0.0, f"looking for {name}")
        about = library.HfApi().dataset_info(name, files_metadata=True, timeout=_PATIENCE)
        try:
            source = library.HfApi().dataset_info(name, revision=_CONVERTED, files_metadata=True, timeout=_PATIENCE)
        except library.errors.RevisionNotFoundError:
            source = about
    if not _parts(source):
        source = about
    config, parts = chosen_parts(name, _parts(source), choice.config, choice.split)
    taken = within(name, parts, choice.limit_mb)
    licence = getattr(about.card_data, "license", None) or "not stated on its page"
    notes = [
        f"from the Hugging Face hub: {name}, configuration {config}, split {choice.split}",
        f"its revision is {about.sha}" + (f", as Parquet {source.sha}" if source is not about else ""),
        f"its licence: {clean_name(str(licence))}",
    ]
    if len(taken) < len(parts):
        notes.append(f"the first {len(taken):,} of {len(parts):,} files were taken, for the limit of {choice.limit_mb:,} MB")
    with staging_folder(workspace.staging) as folder:
        uploads, total = [], sum(part.size for part in taken)
        for i, part in enumerate(taken):
            before = sum(known.size for known in taken[:i])
            said = f"downloading file {i + 1} of {len(taken)}"
            target = folder / f"{i}.parquet"
            with _told(name), _Download(target, choice.limit_mb, before, total, said, progress) as out:
                url = library.hf_hub_url(name, part.path, repo_type="dataset", revision=source.sha)
                library.file_download.http_get(url, out, headers=library.utils.build_hf_headers())
            _check(name, part, target)
            uploads.append(Upload(part.path, target))
        named = options if options.name else options.replace({"name": clean_name(f"{name} {choice.split}")})
        return ingest(workspace, uploads, named, lambda done, text: progress(0.5 + 0.5 * done, text), notes=tuple(notes))


def chosen_parts(name: str, parts: Sequence[Part], config: str, split: str) -> tuple[str, list[Part]]:
    """The configuration and the files of a split of it, in order.

    Raises
    ------
    UserError
        If there are none; says which configurations or splits there are.
    """
    found: dict[str, dict[str, list[Part]]] = {}
    for part in sorted(parts, key=lambda part: part.path):
        at, known = place_of(part.path)
        found.setdefault(at, {}).setdefault(known, []).append(part)
    if not found:
        raise UserError(
            f"{name} has no Parquet files, and the hub has made none of it",
            "Choose another, or download its files and upload them",
        )
    config = config or ("default" if "default" in found else next(iter(found)) if len(found) == 1 else "")
    if config not in found:
        what = f"{name} has no configuration {config!r}" if config else f"{name} has several configurations"
        raise UserError(what, f"Choose one of {', '.join(list(found)[:20])}")
    if split not in found[config]:
        raise UserError(f"{name} has no split {split!r}", f"Choose one of {', '.join(list(found[config])[:20])}")
    return config, found[config][split]


def place_of(path: str) -> tuple[str, str]:
    """Configuration and split of a Parquet file, by its path in the repository."""
    *folders, file = path.split("/")
    stem = file.removesuffix(".parquet")
    if shard := _SHARD.fullmatch(stem):
        split = shard[1]
    elif stem.isdigit() and folders:
        split = folders.pop().removeprefix("partial-")
    else:
        split = stem
    config = "/".join(folders)
    return ("default" if config in ("", "data") else config), split


def within(name: str, parts: Sequence[Part], limit_mb: int) -> list[Part]:
    """As many of the files as the limit allows; raises `UserError` if it allows not even the first."""
    taken, total = [], 0
    for part in parts:
        total += part.size
        if total > limit_mb * _MB:
            break
        taken.append(part)
    if not taken:
        raise _too_much(name, f"has {parts[0].size / _MB:,.0f} MB in its first file", limit_mb)
    return taken


def refusal(name: str, error: Exception) -> UserError:
    """What to say of an error of the hub."""
    library = _library()
    if getattr(error, "errno", None) == errno.ENOSPC:
        return UserError(f"there is no room on the disk to download {name}", "Make room, or take less with --limit-mb")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, library.errors.GatedRepoError) or status == 403:
        return UserError(
            f"{name} is given only to those who accepted its conditions",
            f"Accept them on huggingface.co/datasets/{name}, then log in on this machine with `hf auth login`",
        )
    if isinstance(error, library.errors.RepositoryNotFoundError) or status in (401, 404):
        return UserError(
            f"the Hugging Face hub has no dataset {name}, or it is private",
            "Check the name as on huggingface.co/datasets (OWNER/NAME); for a private one, log in with `hf auth login`",
        )
    if status is not None:
        return UserError(f"the Hugging Face hub answered {status} when asked for {name}", "Try again in a few minutes")
    return UserError(
        f"the Hugging Face hub cannot be reached ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__})",
        "Connect to the internet (HF_ENDPOINT names a mirror), or get the Parquet files elsewhere and upload them",
    )


@contextmanager
def _told(name: str) -> Iterator[None]:
    library = _library()
    try:
        yield
    except UserError:
        raise
    except (library.errors.HTTPError, OSError) as error:
        raise refusal(name, error) from None


def _library() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.file_download
    except ImportError:
        raise UserError(
            "datasets of the Hugging Face hub need the package huggingface_hub", "Install it with `pip install 'aeexplorer[hub]'`"
        ) from None
    huggingface_hub.utils.disable_progress_bars("huggingface_hub.http_get")
    return huggingface_hub


def _parts(info: Any) -> list[Part]:
    return [
        Part(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "")
        for file in info.siblings or ()
        if file.rfilename.endswith(".parquet")
    ]


def _check(name: str, part: Part, target: Path) -> None:
    if part.sha256:
        with target.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != part.sha256:
                raise UserError(f"a file of {name} came in damaged (its checksum differs)", "Try again")


def _too_much(name: str, what: str, limit_mb: int) -> UserError:
    return UserError(
        f"{name} {what}, more than the {limit_mb:,} MB allowed",
        "Allow more with `aeexplorer data hub --limit-mb`, or choose another split",
    )


class _Download(io.FileIO):
    """A file to write, which reports how much of all has come and ends when that is too much."""

    def __init__(self, path: Path, limit_mb: int, before: int, total: int, said: str, progress: Progress) -> None:
        super().__init__(path, "w+")
        self._limit, self._before, self._total, self._said, self._progress = limit_mb, before, total, said, progress

    def write(self, piece: Any) -> int:
        count = super().write(piece)
        done = self._before + self.tell()
        if done > self._limit * _MB:
            raise _too_much("the split", f"has more than {done / _MB:,.0f} MB", self._limit)
        share = done / self._total if self._total else 0.5
        self._progress(0.5 * min(share, 1.0), f"{self._said}: {done / _MB:,.1f} MB of {self._total / _MB:,.1f} MB")
        return count
