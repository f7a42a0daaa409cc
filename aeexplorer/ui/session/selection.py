"""The selected samples of a page: their Python value, their JSON form for the browser, and their text form for the address."""

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
"""Largest length of a selection's text in characters. Longer selections are stored with the run and named by their hash."""
MAX_UNPACKED = 1 << 20
"""Largest number of bytes to which a text may be decompressed."""
MAX_STORED = 100
"""Number of stored selections of a run. Older ones are deleted."""

_NONE = np.empty(0, np.int32)
_STORED = re.compile(r"s-[0-9a-f]{16}")


class SelectionEvent(Protocol):
    """An event of a chart: its version, and the samples selected after it."""

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
        Sample ids, int32 ``(n,)``; empty if nothing is selected.
    version
        Of two selections, in Python or in the browser, the one with the higher version is valid.
    """

    ids: np.ndarray = field(default_factory=lambda: _NONE)
    version: int = 0

    def after(self, events: Iterable[SelectionEvent]) -> "Selection":
        """Return the selection after events of charts. Returns this object if none of the events is newer."""
        event = max(events, key=lambda event: event.version, default=None)
        if event is None or event.version <= self.version:
            return self
        return Selection(_NONE if event.selected is None else event.selected, event.version)

    def replaced(self, ids: np.ndarray | None) -> "Selection":
        """Return a newer selection with these samples. Returns this object if the samples are the same."""
        other = Selection(_NONE if ids is None else ids, self.version + 1)
        return self if other.packed == self.packed else other

    @cached_property
    def packed(self) -> dict[str, Any] | None:
        """The ids in the form for the browser; see `pack_ids`."""
        return pack_ids(self.ids)


def read_selection(page: str, text: str, folder: Path, n: int) -> Selection:
    """Return the selection in the address of a page. Returns the same object until the address changes.

    Parameters
    ----------
    page
        Name of the page.
    text
        Text of the selection; see `to_text`.
    folder
        Folder of the stored selections.
    n
        Number of samples of the dataset. Larger ids are dropped.
    """
    stored_text, selection = _stored(page)
    if stored_text == text:
        return selection
    ids = from_text(text, folder)
    selection = selection.replaced(None if ids is None else ids[ids < n])
    state.put({_key(page): (text, selection)})
    return selection


def store_selection(page: str, selection: Selection, folder: Path) -> str | None:
    """Store a page's selection in the session and return its text; None if it is already the stored selection."""
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
    """Encode a set of sample ids as JSON for the browser. An empty set is encoded as None.

    The sorted unique ids are encoded as base64 of int32, or, if that is shorter, as a bit field from the first to the last
    id. The browser encodes in the same way (``linked/static/ids.js``), so equal sets have equal forms.
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
    """Decode the JSON of `pack_ids` to sample ids, int32 ``(n,)``, ascending.

    Raises
    ------
    UserError
        If the browser sent something else.
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
    """Encode sample ids as text that is safe in an address. An empty selection is the empty text.

    Parameters
    ----------
    ids
        Integers ``(n,)``, not negative; order and repetition do not matter.
    folder
        Folder for stored selections; created if it is missing.
    """
    ids = np.unique(np.asarray(ids, np.int32))
    if not len(ids):
        return ""
    text = urlsafe_b64encode(zlib.compress(_encode_gaps(ids), 9)).decode().rstrip("=")
    return text if len(text) <= MAX_TEXT else _store(ids, folder)


def from_text(text: str, folder: Path) -> np.ndarray | None:
    """Decode the text of `to_text` to sample ids, int32 ``(n,)``, ascending.

    Returns None if the text has another form, or if the selection is no longer stored.
    """
    if not text:
        return np.empty(0, np.int32)
    try:
        if _STORED.fullmatch(text):
            return np.array(read_array(folder / f"{text[2:]}.npy"))
        unpacker = zlib.decompressobj()
        packed = unpacker.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), MAX_UNPACKED)
        return _decode_gaps(packed) if unpacker.eof else None
    except (ValueError, OSError, zlib.error):
        return None


def _encode_gaps(ids: np.ndarray) -> bytes:
    """Encode the differences of successive ids as varints: seven bits per byte, the lowest bits first."""
    out = bytearray()
    for gap in np.diff(ids, prepend=-1).tolist():
        while gap > 0x7F:
            out.append(0x80 | (gap & 0x7F))
            gap >>= 7
        out.append(gap)
    return bytes(out)


def _decode_gaps(packed: bytes) -> np.ndarray:
    """Decode the varints of `_encode_gaps` to ids. Raises ValueError if they are not ids."""
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
    """Store ids in a file and return their text; delete the oldest stored selections."""
    name = hashlib.sha256(ids.tobytes()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    write_array(folder / f"{name}.npy", ids)
    stored = sorted(folder.glob("*.npy"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in stored[MAX_STORED:]:
        old.unlink(missing_ok=True)
    return f"s-{name}"
