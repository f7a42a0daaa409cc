"""Tags of a run: named sets of its samples, kept in its folder."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from aeexplorer.core.errors import UserError
from aeexplorer.core.locks import lock
from aeexplorer.data.tags import FILE, MOST, clean_tag, read_tags, write_tags
from aeexplorer.training.run import Run

PREFIX = "tag: "
"""Before the name of a tag where it is one of several things to colour by."""
_PATIENCE = 5.0


def tags_of(run: Run) -> dict[str, np.ndarray]:
    """A run's tags by name, in the order of the alphabet: int32 ids ``(m,)``, ascending.

    Raises
    ------
    UserError
        Where their file is damaged.
    """
    try:
        return _read(str(run.folder / FILE), tags_mark(run), run.dataset.n)
    except ValueError as error:
        raise UserError(f"the tags of {run.name} cannot be read: {error}", f"Remove {FILE} from {run.folder}") from None


def tags_mark(run: Run) -> str:
    """What changes when a run's tags do."""
    try:
        found = (run.folder / FILE).stat()
    except FileNotFoundError:
        return ""
    return f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"


def save_tag(run: Run, name: str, ids: np.ndarray) -> str:
    """Name some samples; returns the name as it is kept.

    Raises
    ------
    UserError
        Where there are no samples, the name will not do or is taken, or there are 100 tags already.
    """
    cleaned, chosen = clean_tag(name), np.unique(np.asarray(ids)).astype(np.int32)
    if not len(chosen):
        raise UserError("nothing is selected", "Select the samples first")

    def change(tags: dict[str, np.ndarray]) -> None:
        _require_free(tags, cleaned)
        if len(tags) >= MOST:
            raise UserError(f"there are {MOST} tags already", "Remove one first")
        tags[cleaned] = chosen

    _change(run, change)
    return cleaned


def rename_tag(run: Run, name: str, new: str) -> str:
    """Give a tag another name and return it as it is kept; errors as in `save_tag`, and where there is no such tag."""
    cleaned = clean_tag(new)

    def change(tags: dict[str, np.ndarray]) -> None:
        if cleaned != name:
            _require_free(tags, cleaned)
        tags[cleaned] = _taken(tags, name)

    _change(run, change)
    return cleaned


def remove_tag(run: Run, name: str) -> np.ndarray:
    """Take a tag away and return its samples; raises `UserError` where there is no such tag."""
    taken: list[np.ndarray] = []
    _change(run, lambda tags: taken.append(_taken(tags, name)))
    return taken[0]


def tags_by_sample(run: Run, ids: np.ndarray) -> list[str | None]:
    """The tags that each sample has, joined by ``; ``; None where it has none."""
    names: dict[int, list[str]] = {}
    for name, tagged in tags_of(run).items():
        for sample in np.intersect1d(tagged, ids).tolist():
            names.setdefault(sample, []).append(name)
    return ["; ".join(names[sample]) if sample in names else None for sample in ids.tolist()]


def _change(run: Run, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    with lock(run.folder / "tags.lock", _PATIENCE) as held:
        if not held:
            raise UserError("somebody else is changing the tags", "Try again")
        tags = dict(tags_of(run))
        change(tags)
        write_tags(run.folder / FILE, dict(sorted(tags.items())))


def _require_free(tags: dict[str, np.ndarray], name: str) -> None:
    if name in tags:
        raise UserError(f"there is a tag {name!r} already", "Choose another name, or remove that one first")


def _taken(tags: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in tags:
        raise UserError(f"there is no tag {name!r} any more", "Reload the page")
    return tags.pop(name)


@lru_cache(maxsize=32)
def _read(path: str, mark: str, n: int) -> dict[str, np.ndarray]:
    return read_tags(Path(path), n)
