"""Encode plain data that holds arrays as bytes; the browser decodes them in ``static/unpack.js``.

Bytes: digest of the rest (8), length of the header (uint32, little-endian), four of zero, header (JSON), then, each from a
multiple of 8 on, the arrays. In the header an array is ``{"$": [kind, offset, length, width]}`` (width 0: one dimension).
"""

import hashlib
from typing import Any

import numpy as np
import orjson

_ALIGNED = 8


def pack_tree(tree: dict[str, Any]) -> bytes:
    """Encode a tree of plain data whose arrays have one dimension or two."""
    blocks: list[bytes] = []
    header = orjson.dumps(_pack(tree, blocks))
    body = b"".join([len(header).to_bytes(8, "little"), _padded(header), *blocks])
    return hashlib.blake2b(body, digest_size=8).digest() + body


def _pack(value: Any, blocks: list[bytes]) -> Any:
    if isinstance(value, dict):
        return {name: _pack(item, blocks) for name, item in value.items()}
    if isinstance(value, list):
        return [_pack(item, blocks) for item in value]
    if not isinstance(value, np.ndarray):
        return value
    offset = sum(map(len, blocks))
    kind = value.dtype.newbyteorder("<")
    blocks.append(_padded(np.ascontiguousarray(value, kind).tobytes()))
    return {"$": [kind.str[1:], offset, value.size, value.shape[1] if value.ndim == 2 else 0]}


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % _ALIGNED)
