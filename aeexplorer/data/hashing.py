"""The content hash that identifies a dataset."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

_CHUNK_BYTES = 1 << 22


def content_hash(folder: Path, record: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the files in a dataset folder and of its record, without name and notes."""
    digest = hashlib.sha256(orjson.dumps({"n": record["n"], "fields": record["fields"]}, option=orjson.OPT_SORT_KEYS))
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "dataset.json"):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
