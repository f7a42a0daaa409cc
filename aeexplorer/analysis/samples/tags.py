"""Tags of a run: named sets of samples, stored in the run's folder."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.data.tags import MAX_TAGS, TAGS_FILE, clean_tag, read_tags, write_tags
from aeexplorer.training.run import Run

TAG_PREFIX = "tag: "
"""Prefix of a tag's name in a list of colourings."""
_LOCK_TIMEOUT_SECONDS = 5.0


def tags_of(run: Run) -> dict[str, np.ndarray]:
    """Read the tags of a run.

    Returns
    -------
    dict
        Ids of the samples of each tag, int32 ``(m,)``, ascending; names in alphabetical order.

    Raises
    ------
    UserError
        If the file of the tags is damaged.
    """
    try:
        return _read(str(run.folder / TAGS_FILE), tags_version(run), run.dataset.n)
    except (OSError, ValueError) as error:
        raise UserError(f"the tags of {run.name} cannot be read: {error}", f"Remove {TAGS_FILE} from {run.folder}") from None


def tags_version(run: Run) -> str:
    """Return a cache key that changes with the tags of a run; empty where the run has no tags."""
    try:
        status = (run.folder / TAGS_FILE).stat()
    except FileNotFoundError:
        return ""
    return f"{status.st_mtime_ns:x}-{status.st_ino:x}-{status.st_size:x}"


def save_tag(run: Run, name: str, ids: np.ndarray) -> str:
    """Tag samples and return the name as stored.

    Raises
    ------
    UserError
        If there are no samples, if the name is empty, too long or taken, or if the run has 100 tags already.
    """
    cleaned, chosen = clean_tag(name), np.unique(np.asarray(ids)).astype(np.int32)
    if not len(chosen):
        raise UserError("nothing is selected", "Select the samples first")

    def change(tags: dict[str, np.ndarray]) -> None:
        _require_free(tags, cleaned)
        if len(tags) >= MAX_TAGS:
            raise UserError(f"there are {MAX_TAGS} tags already", "Remove one first")
        tags[cleaned] = chosen

    _change(run, change)
    return cleaned


def rename_tag(run: Run, name: str, new: str) -> str:
    """Rename a tag and return the new name as stored.

    Raises
    ------
    UserError
        If the tag does not exist, or if the new name is empty, too long or taken.
    """
    cleaned = clean_tag(new)

    def change(tags: dict[str, np.ndarray]) -> None:
        if cleaned != name:
            _require_free(tags, cleaned)
        tags[cleaned] = _pop(tags, name)

    _change(run, change)
    return cleaned


def remove_tag(run: Run, name: str) -> np.ndarray:
    """Remove a tag and return the ids of its samples, int32 ``(m,)``.

    Raises
    ------
    UserError
        If the tag does not exist.
    """
    removed: list[np.ndarray] = []
    _change(run, lambda tags: removed.append(_pop(tags, name)))
    return removed[0]


def tags_by_sample(run: Run, ids: np.ndarray) -> list[str | None]:
    """List the tags of each sample, joined by ``; ``; None for a sample without tags."""
    names: dict[int, list[str]] = {}
    for name, tagged in tags_of(run).items():
        for sample in np.intersect1d(tagged, ids).tolist():
            names.setdefault(sample, []).append(name)
    return ["; ".join(names[sample]) if sample in names else None for sample in ids.tolist()]


def _change(run: Run, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Apply a change to the tags of a run under the lock of the file."""
    with lock(run.folder / "tags.lock", _LOCK_TIMEOUT_SECONDS) as acquired:
        if not acquired:
            raise UserError("another user is changing the tags", "Try again")
        tags = dict(tags_of(run))
        change(tags)
        write_tags(run.folder / TAGS_FILE, dict(sorted(tags.items())))


def _require_free(tags: dict[str, np.ndarray], name: str) -> None:
    if name in tags:
        raise UserError(f"there is a tag {name!r} already", "Choose another name, or remove that tag first")


def _pop(tags: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in tags:
        raise UserError(f"there is no tag {name!r} any more", "Reload the page")
    return tags.pop(name)


@lru_cache(maxsize=32)
def _read(path: str, version: str, n: int) -> dict[str, np.ndarray]:
    return read_tags(Path(path), n)
