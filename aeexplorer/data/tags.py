"""Tags: names that people gave to sets of samples, in one JSON file ``{name: [ids]}``."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import orjson

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import write_bytes

FILE = "tags.json"
MOST = 100
"""Tags in a file."""
LONGEST = 60
"""Characters of a name."""


def clean_tag(name: str) -> str:
    """A name for a tag: one line, printable.

    Raises
    ------
    UserError
        Where nothing is left of it, or it is too long.
    """
    plain = unicodedata.normalize("NFC", name)
    cleaned = " ".join("".join(c if c.isprintable() and c != ";" else " " for c in plain).split())
    if not cleaned:
        raise UserError("the tag has no name", "Give it one")
    if len(cleaned) > LONGEST:
        raise UserError(f"the name has {len(cleaned)} characters", f"Shorten it to {LONGEST}")
    return cleaned


def read_tags(path: Path, n: int) -> dict[str, np.ndarray]:
    """The tags in a file, int32 ids ``(m,)``, ascending, by name; none where there is no file.

    Raises
    ------
    ValueError
        Where the file is not as `write_tags` writes it for `n` samples.
    """
    if not path.exists():
        return {}
    tree = orjson.loads(path.read_bytes())
    if not isinstance(tree, dict) or len(tree) > MOST:
        raise ValueError(f"{path.name} is no list of tags")
    return {_name(name): _ids(name, ids, n) for name, ids in tree.items()}


def write_tags(path: Path, tags: Mapping[str, np.ndarray]) -> None:
    """Write tags, atomically."""
    write_bytes(path, orjson.dumps({name: ids.tolist() for name, ids in tags.items()}))


def _name(name: str) -> str:
    try:
        if clean_tag(name) == name:
            return name
    except UserError:
        pass
    raise ValueError(f"{name[:LONGEST]!r} is no name of a tag")


def _ids(name: str, ids: object, n: int) -> np.ndarray:
    whole = isinstance(ids, list) and len(ids) > 0 and all(type(one) is int and 0 <= one < n for one in ids)
    found = np.array(ids if whole else [], np.int32)
    if not whole or (np.diff(found) <= 0).any():
        raise ValueError(f"the samples of the tag {name!r} are not those of its dataset")
    return found
