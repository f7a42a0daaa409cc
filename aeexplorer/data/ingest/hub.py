"""Import of datasets from the Hugging Face hub. Only their Parquet files are downloaded, and then read like an upload.

No code of a repository is run, no name in it becomes a path, and the confined child process reads the downloaded files.
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

_PARQUET_REVISION = "refs/convert/parquet"  # the branch in which the hub converts every dataset to Parquet
_ADDRESS = re.compile(r"(?:https?://[^/]+/datasets/)?([A-Za-z0-9][\w.-]{0,95}(?:/[\w.-]{1,96})?)/?")
_SHARD = re.compile(r"(.+?)-\d{3,}(?:-of-\d+)?(?:-[0-9a-f]+)?")
_MB = 1_000_000
_TIMEOUT_SECONDS = 20  # until the hub answers


class HubChoice(Settings):
    """Dataset of the hub to import, and how much of it."""

    name: str = Field("", max_length=300)
    """OWNER/NAME as on huggingface.co/datasets, or the address of the page of the dataset."""
    config: str = Field("", max_length=200)
    """Configuration of the dataset, if it has several; empty for the only one."""
    split: str = Field("train", max_length=200)
    """Split to import. Its samples are divided again into training, validation and test sets."""
    limit_mb: int = Field(2000, ge=1, le=1 << 16)
    """Largest download in MB. Of a larger split, only the first files are taken."""


@dataclass(frozen=True)
class Part:
    """A Parquet file of a repository."""

    path: str
    size: int
    """Size in bytes; 0 if the hub does not give it."""
    sha256: str = ""


def add_from_hub(
    workspace: Workspace, choice: HubChoice, options: IngestOptions = IngestOptions(), progress: Progress = ignore_progress
) -> Dataset:
    """Download a split of a dataset from the hub and store it. The notes of the dataset name its revision and its licence.

    Parameters
    ----------
    workspace
        Where the dataset is stored.
    choice
        Dataset, configuration and split.
    options
        Options for reading, as for an upload.
    progress
        Called with the fraction done and a sentence. An exception that it raises cancels the import.

    Raises
    ------
    UserError
        If the extra ``hub`` is not installed, the hub cannot be reached, the dataset, configuration or split does not exist, the
        user has no access to it, or it has no Parquet files.
    UploadRejected
        If the files cannot be read, see `ingest`.
    """
    library = _library()
    match = _ADDRESS.fullmatch(choice.name.strip())
    if match is None:
        raise UserError(f"{choice.name!r} is not the name of a dataset", "Write OWNER/NAME, as on huggingface.co/datasets")
    name = match[1]
    with _hub_errors(name):
        progress(0.0, f"looking for {name}")
        info = library.HfApi().dataset_info(name, files_metadata=True, timeout=_TIMEOUT_SECONDS)
        try:
            source = library.HfApi().dataset_info(name, revision=_PARQUET_REVISION, files_metadata=True, timeout=_TIMEOUT_SECONDS)
        except library.errors.RevisionNotFoundError:
            source = info
    if not _parquet_parts(source):
        source = info
    config, parts = choose_parts(name, _parquet_parts(source), choice.config, choice.split)
    selected = parts_within_limit(name, parts, choice.limit_mb)
    licence = getattr(info.card_data, "license", None) or "not stated on its page"
    notes = [
        f"from the Hugging Face hub: {name}, configuration {config}, split {choice.split}",
        f"its revision is {info.sha}" + (f", as Parquet {source.sha}" if source is not info else ""),
        f"its licence: {clean_name(str(licence))}",
    ]
    if len(selected) < len(parts):
        notes.append(f"only the first {len(selected):,} of {len(parts):,} files were taken: the limit is {choice.limit_mb:,} MB")
    with staging_folder(workspace.staging) as folder:
        uploads, total = [], sum(part.size for part in selected)
        for i, part in enumerate(selected):
            before = sum(previous.size for previous in selected[:i])
            text = f"downloading file {i + 1} of {len(selected)}"
            target = folder / f"{i}.parquet"
            with _hub_errors(name), _Download(target, choice.limit_mb, before, total, text, progress) as out:
                url = library.hf_hub_url(name, part.path, repo_type="dataset", revision=source.sha)
                library.file_download.http_get(url, out, headers=library.utils.build_hf_headers())
            _verify_checksum(name, part, target)
            uploads.append(Upload(part.path, target))
        if not options.name:
            options = options.replace({"name": clean_name(f"{name} {choice.split}")})
        return ingest(workspace, uploads, options, lambda done, text: progress(0.5 + 0.5 * done, text), notes=tuple(notes))


def choose_parts(name: str, parts: Sequence[Part], config: str, split: str) -> tuple[str, list[Part]]:
    """Choose the files of a split.

    Parameters
    ----------
    name
        Name of the dataset.
    parts
        All Parquet files of the dataset.
    config
        Configuration; empty for ``default``, or the only one.
    split
        Split.

    Returns
    -------
    tuple
        The configuration, and the files of the split in alphabetical order.

    Raises
    ------
    UserError
        If there are no files, or no such configuration or split. The message lists the available ones.
    """
    configs: dict[str, dict[str, list[Part]]] = {}
    for part in sorted(parts, key=lambda part: part.path):
        part_config, part_split = config_and_split(part.path)
        configs.setdefault(part_config, {}).setdefault(part_split, []).append(part)
    if not configs:
        raise UserError(
            f"{name} has no Parquet files, and the hub has not converted it to Parquet",
            "Choose another dataset, or download its files and upload them",
        )
    config = config or ("default" if "default" in configs else next(iter(configs)) if len(configs) == 1 else "")
    if config not in configs:
        reason = f"{name} has no configuration {config!r}" if config else f"{name} has several configurations"
        raise UserError(reason, f"Choose one of {', '.join(list(configs)[:20])}")
    if split not in configs[config]:
        raise UserError(f"{name} has no split {split!r}", f"Choose one of {', '.join(list(configs[config])[:20])}")
    return config, configs[config][split]


def config_and_split(path: str) -> tuple[str, str]:
    """Return configuration and split of a Parquet file, from its path in the repository."""
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


def parts_within_limit(name: str, parts: Sequence[Part], limit_mb: int) -> list[Part]:
    """Return the first files whose total size is within the limit. Raises `UserError` if the first file exceeds it."""
    selected, total = [], 0
    for part in parts:
        total += part.size
        if total > limit_mb * _MB:
            break
        selected.append(part)
    if not selected:
        raise _limit_exceeded(name, f"has {parts[0].size / _MB:,.0f} MB in its first file", limit_mb)
    return selected


def explain_hub_error(name: str, error: Exception) -> UserError:
    """Turn an error of the hub into an error that the user can fix."""
    library = _library()
    if getattr(error, "errno", None) == errno.ENOSPC:
        return UserError(f"the disk has no space to download {name}", "Free some space, or download less with --limit-mb")
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, library.errors.GatedRepoError) or status == 403:
        return UserError(
            f"{name} is available only to users who have accepted its conditions",
            f"Accept them on huggingface.co/datasets/{name}, then log in on this machine with `hf auth login`",
        )
    if isinstance(error, library.errors.RepositoryNotFoundError) or status in (401, 404):
        return UserError(
            f"the Hugging Face hub has no dataset {name}, or it is private",
            "Check the name as on huggingface.co/datasets (OWNER/NAME); for a private one, log in with `hf auth login`",
        )
    if status is not None:
        return UserError(f"the Hugging Face hub answered {status} to the request for {name}", "Try again in a few minutes")
    return UserError(
        f"the Hugging Face hub cannot be reached ({str(error).splitlines()[0][:120] if str(error) else type(error).__name__})",
        "Connect to the internet (or set HF_ENDPOINT to a mirror), or get the Parquet files elsewhere and upload them",
    )


@contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    """Turn errors of the hub in the block into `UserError`."""
    library = _library()
    try:
        yield
    except UserError:
        raise
    except (library.errors.HTTPError, OSError) as error:
        raise explain_hub_error(name, error) from None


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


def _parquet_parts(info: Any) -> list[Part]:
    return [
        Part(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "")
        for file in info.siblings or ()
        if file.rfilename.endswith(".parquet")
    ]


def _verify_checksum(name: str, part: Part, target: Path) -> None:
    if part.sha256:
        with target.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != part.sha256:
                raise UserError(f"a file of {name} was damaged during the download (its checksum differs)", "Try again")


def _limit_exceeded(name: str, finding: str, limit_mb: int) -> UserError:
    return UserError(
        f"{name} {finding}, more than the {limit_mb:,} MB allowed",
        "Allow more with `aeexplorer data hub --limit-mb`, or choose another split",
    )


class _Download(io.FileIO):
    """File that reports the progress of the download, and raises `UserError` when it exceeds the limit.

    Sizes `before` (of the files already downloaded) and `total` are in bytes.
    """

    def __init__(self, path: Path, limit_mb: int, before: int, total: int, text: str, progress: Progress) -> None:
        super().__init__(path, "w+")
        self._limit_mb, self._before, self._total, self._text, self._progress = limit_mb, before, total, text, progress

    def write(self, chunk: Any) -> int:
        count = super().write(chunk)
        done = self._before + self.tell()
        if done > self._limit_mb * _MB:
            raise _limit_exceeded("the split", f"has more than {done / _MB:,.0f} MB", self._limit_mb)
        fraction = done / self._total if self._total else 0.5
        self._progress(0.5 * min(fraction, 1.0), f"{self._text}: {done / _MB:,.1f} MB of {self._total / _MB:,.1f} MB")
        return count
