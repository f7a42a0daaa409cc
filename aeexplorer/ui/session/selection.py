"""The selected samples of a page: one value, its form in the browser, its text in the address, and where a session keeps it."""

import base64
import hashlib
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import read_array, write_array
from aeexplorer.ui.session import state

MAX_TEXT = 1_200
"""Characters of an address spent on ids; a longer selection is stored beside the run and named by its hash."""
MAX_UNPACKED = 1 << 20
"""Bytes that a text may unpack to."""
MAX_STORED = 100
"""Stored selections kept for each run, the newest ones."""

_NONE = np.empty(0, np.int32)
_STORED = re.compile(r"s-[0-9a-f]{16}")


class SelectionEvent(Protocol):
    """Something done in a chart: its version, and what was selected after it."""

    @property
    def version(self) -> int: ...

    @property
    def selected(self) -> np.ndarray | None: ...


@dataclass(frozen=True, eq=False)
class Selection:
    """The selected samples of a page.

    Parameters
    ----------
    ids
        Sample ids, int32 ``(n,)``; empty where nothing is selected.
    version
        Of two selections, here or in the browser, the one with the higher version stands.
    """

    ids: np.ndarray = field(default_factory=lambda: _NONE)
    version: int = 0

    def after(self, events: Iterable[SelectionEvent]) -> "Selection":
        """Return the selection after events in the charts; this object where none of them is newer."""
        event = max(events, key=lambda event: event.version, default=None)
        if event is None or event.version <= self.version:
            return self
        return Selection(_NONE if event.selected is None else event.selected, event.version)

    def replaced(self, ids: np.ndarray | None) -> "Selection":
        """Return another selection, made by Python; this object where the samples are the same."""
        other = Selection(_NONE if ids is None else ids, self.version + 1)
        return self if other.packed == self.packed else other

    @cached_property
    def packed(self) -> dict[str, Any] | None:
        """The ids as the browser takes them; see `pack_ids`."""
        return pack_ids(self.ids)


def read_selection(page: str, text: str, folder: Path, n: int) -> Selection:
    """Return the selection that the address of a page names; the same object until the address changes.

    Parameters
    ----------
    page
        Name of the page.
    text
        The selection as text, see `to_text`.
    folder
        Where long selections are stored.
    n
        Number of samples; ids beyond are left out.
    """
    known_text, selection = _stored(page)
    if known_text == text:
        return selection
    ids = from_text(text, folder)
    selection = selection.replaced(None if ids is None else ids[ids < n])
    state.put({_key(page): (text, selection)})
    return selection


def store_selection(page: str, selection: Selection, folder: Path) -> str | None:
    """Keep a page's selection in the session and return its text for the address; None where it is the stored one."""
    if _stored(page)[1] is selection:
        return None
    text = to_text(selection.ids, folder)
    state.put({_key(page): (text, selection)})
    return text


def _key(page: str) -> str:
    return f"{page}.stored selection"


def _stored(page: str) -> tuple[str, Selection]:
    stored: tuple[str, Selection] = state.setdefault(_key(page), ("", Selection()))
    return stored


def pack_ids(ids: np.ndarray | None) -> dict[str, Any] | None:
    """Encode a set of sample ids as JSON for the browser; an empty set is None.

    Ids are sorted, each once: as base64 int32, or as a bit field from the first to the last id where that is shorter.
    The browser packs in the same way (``linked/static/ids.js``), so equal sets have equal forms.
    """
    if ids is None or not len(ids):
        return None
    first, span = int(ids.min()), int(ids.max()) - int(ids.min()) + 1
    if span > 32 * len(ids):
        return {"list": base64.b64encode(np.unique(ids).astype("<i4").tobytes()).decode()}
    field = np.zeros(span, np.bool_)
    field[ids - first] = True
    if (span + 7) // 8 >= 4 * np.count_nonzero(field):
        return {"list": base64.b64encode((np.flatnonzero(field) + first).astype("<i4").tobytes()).decode()}
    return {"first": first, "bits": base64.b64encode(np.packbits(field, bitorder="little").tobytes()).decode()}


def unpack_ids(packed: dict[str, Any] | None) -> np.ndarray:
    """The sample ids of `pack_ids`, int32 (n,), ascending.

    Raises
    ------
    UserError
        Where the browser sent something else.
    """
    try:
        if packed is None:
            return np.empty(0, np.int32)
        if "list" in packed:
            return np.frombuffer(base64.b64decode(packed["list"]), "<i4").astype(np.int32)
        field = np.unpackbits(np.frombuffer(base64.b64decode(packed["bits"]), np.uint8), bitorder="little")
        return (np.flatnonzero(field) + int(packed["first"])).astype(np.int32)
    except (KeyError, TypeError, ValueError) as problem:
        raise UserError("The selection that the browser sent cannot be read", "Reload the page") from problem


def to_text(ids: np.ndarray, folder: Path) -> str:
    """Encode sample ids as text that is safe in an address; an empty selection is the empty text.

    Parameters
    ----------
    ids
        Integers ``(n,)``, at least 0; order and repetition do not matter.
    folder
        Where a long selection is stored; created where missing.
    """
    ids = np.unique(np.asarray(ids, np.int32))
    if not len(ids):
        return ""
    text = urlsafe_b64encode(zlib.compress(_gaps(ids), 9)).decode().rstrip("=")
    return text if len(text) <= MAX_TEXT else _store(ids, folder)


def from_text(text: str, folder: Path) -> np.ndarray | None:
    """Decode the text of `to_text` to sample ids, int32 ``(n,)``, ascending.

    Returns None where the text is not of that form, or where the selection is no longer stored.
    """
    if not text:
        return np.empty(0, np.int32)
    try:
        if _STORED.fullmatch(text):
            return np.array(read_array(folder / f"{text[2:]}.npy"))
        unpacker = zlib.decompressobj()
        packed = unpacker.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_UNPACKED)
        return _ids(packed) if unpacker.eof else None
    except (ValueError, OSError, zlib.error):
        return None


def _gaps(ids: np.ndarray) -> bytes:
    """Encode the differences of successive ids as varints: seven bits a byte, the lowest first."""
    out = bytearray()
    for gap in np.diff(ids, prepend=-1).tolist():
        while gap > 0x7F:
            out.append(0x80 | (gap & 0x7F))
            gap >>= 7
        out.append(gap)
    return bytes(out)


def _ids(packed: bytes) -> np.ndarray:
    """Decode the varints of `_gaps`; raises ValueError where they are not ids."""
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
    for old in stored[MAX_STORED:]:
        old.unlink(missing_ok=True)
    return f"s-{name}"
