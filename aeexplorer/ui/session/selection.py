"""A selection of samples as short text for the address bar."""

import hashlib
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path

import numpy as np

from aeexplorer.core.workspace import read_array, write_array

LONGEST = 1_200
"""Characters of an address spent on ids; a longer selection is stored beside the run and named by its hash."""
MOST = 1 << 20
"""Bytes that a text may unpack to."""
KEPT = 100
"""Stored selections kept per run, the newest."""

_STORED = re.compile(r"s-[0-9a-f]{16}")


def to_text(ids: np.ndarray, folder: Path) -> str:
    """Sample ids → text that is safe in an address; nothing selected is the empty text.

    Parameters
    ----------
    ids
        Integers ``(n,)``, at least 0; order and repetition do not matter.
    folder
        Where a long selection is stored, made where missing.
    """
    ids = np.unique(np.asarray(ids, np.int32))
    if not len(ids):
        return ""
    text = urlsafe_b64encode(zlib.compress(_gaps(ids), 9)).decode().rstrip("=")
    return text if len(text) <= LONGEST else _store(ids, folder)


def from_text(text: str, folder: Path) -> np.ndarray | None:
    """Text made by `to_text` → sample ids, int32 ``(n,)``, ascending; None where the text is not one, or no longer stored."""
    if not text:
        return np.empty(0, np.int32)
    try:
        if _STORED.fullmatch(text):
            return np.array(read_array(folder / f"{text[2:]}.npy"))
        unpacker = zlib.decompressobj()
        packed = unpacker.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), MOST)
        return _ids(packed) if unpacker.eof else None
    except (ValueError, OSError, zlib.error):
        return None


def _gaps(ids: np.ndarray) -> bytes:
    """Each id less the one before, as numbers of seven bits a byte, the lowest first."""
    out = bytearray()
    for gap in np.diff(ids, prepend=-1).tolist():
        while gap > 0x7F:
            out.append(0x80 | (gap & 0x7F))
            gap >>= 7
        out.append(gap)
    return bytes(out)


def _ids(packed: bytes) -> np.ndarray:
    gaps, gap, shift = [], 0, 0
    for byte in packed:
        gap |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            gaps.append(gap)
            gap = shift = 0
        elif shift > 28:
            raise ValueError("a gap is too large")
    ids = np.cumsum(np.array(gaps, np.int64)) - 1
    if len(ids) and (ids[0] < 0 or ids[-1] >= 1 << 31):
        raise ValueError("an id is out of bounds")
    return ids.astype(np.int32)


def _store(ids: np.ndarray, folder: Path) -> str:
    name = hashlib.sha256(ids.tobytes()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    write_array(folder / f"{name}.npy", ids)
    stored = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in stored[KEPT:]:
        old.unlink(missing_ok=True)
    return f"s-{name}"
