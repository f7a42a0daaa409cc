"""Tags: sets of samples that the user has named, stored as JSON ``{name: [ids]}`` with a format."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import orjson

from aeexplorer.core.errors import UserError
from aeexplorer.core.formats import Format
from aeexplorer.core.workspace import read_json, write_bytes

TAGS_FILE = "tags.json"
TAGS_FORMAT = Format("list of tags")
_FORMAT_KEY = ";format"
"""Key of the format among the names of tags, which have no semicolon."""
MAX_TAGS = 100
"""Largest number of tags in a file."""
MAX_TAG_LENGTH = 60
"""Largest number of characters in the name of a tag."""


def clean_tag(name: str) -> str:
    """Clean the name of a tag: one line, printable, without semicolons.

    Raises
    ------
    UserError
        If nothing is left of the name, or it is too long.
    """
    plain = unicodedata.normalize("NFC", name)
    cleaned = " ".join("".join(c if c.isprintable() and c != ";" else " " for c in plain).split())
    if not cleaned:
        raise UserError("the tag has no name", "Give it a name")
    if len(cleaned) > MAX_TAG_LENGTH:
        raise UserError(f"the name of the tag has {len(cleaned)} characters", f"Shorten it to {MAX_TAG_LENGTH}")
    return cleaned


def read_tags(path: Path, n: int) -> dict[str, np.ndarray]:
    """Read the tags in a file.

    Parameters
    ----------
    path
        The file; it may be missing.
    n
        Number of samples in the dataset.

    Returns
    -------
    dict
        Name of each tag → ids of its samples, int32 ``(m,)``, ascending. Empty without a file.

    Raises
    ------
    ValueError
        If the file does not hold valid tags for `n` samples.
    """
    if not path.exists():
        return {}
    tree = read_json(path)
    if isinstance(tree, dict):
        TAGS_FORMAT.require_known(tree.pop(_FORMAT_KEY, 1))
    if not isinstance(tree, dict) or len(tree) > MAX_TAGS:
        raise ValueError(f"{path.name} does not hold tags")
    return {_validated_name(name): _validated_ids(name, ids, n) for name, ids in tree.items()}


def write_tags(path: Path, tags: Mapping[str, np.ndarray]) -> None:
    """Write tags to a file, atomically."""
    stored = {_FORMAT_KEY: TAGS_FORMAT.version, **{name: ids.tolist() for name, ids in tags.items()}}
    write_bytes(path, orjson.dumps(stored))


def _validated_name(name: str) -> str:
    try:
        if clean_tag(name) == name:
            return name
    except UserError:
        pass
    raise ValueError(f"{name[:MAX_TAG_LENGTH]!r} is not a valid name of a tag")


def _validated_ids(name: str, ids: object, n: int) -> np.ndarray:
    is_valid = isinstance(ids, list) and len(ids) > 0 and all(type(i) is int and 0 <= i < n for i in ids)
    array = np.array(ids if is_valid else [], np.int32)
    if not is_valid or (np.diff(array) <= 0).any():
        raise ValueError(f"the tag {name!r} has sample ids that the dataset does not have")
    return array
