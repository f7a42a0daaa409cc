"""Encode a linked figure as bytes for the browser, which decodes them in `static/payload.js`.

A chart is sent in three messages: the positions of its points, its overlays, and everything else. Changed colours do not
send the positions again, and changed overlays send nothing else.

A message is: digest of the rest (8 bytes), length of the header (uint32, little-endian), kind of the message (uint32: 0 a
figure, 1 positions, 2 overlays), header (JSON), then blocks, each aligned to 8 bytes. In the header an array is
`{"$": [type, offset, length, width]}` (width 0: one dimension), a list of recurring strings is
`{"$words": [...], "$codes": array}`, and ascending ids are a bit field `{"$first": id, "$bits": array}`.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from aeexplorer.ui.components.linked.points import Points, extract_points
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.maps.overlay import Overlay

_FIGURE, _PLACES, _OVERLAYS = range(3)
_KINDS = {"f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4"}
_LONG = 256  # arrays of this length and more are sent as float32, and strings with a vocabulary
_EXACT = 2**24  # float32 holds whole numbers below this


class _Blocks:
    """The arrays of a message; `add` returns the reference that stands for an array in the header."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def add(self, array: np.ndarray) -> dict[str, Any]:
        if array.dtype.kind == "f" and array.size >= _LONG and np.nanmax(np.abs(array), initial=0) < _EXACT:
            array = array.astype("<f4")
        kind = array.dtype.newbyteorder("<").str[1:]
        body = np.ascontiguousarray(array).tobytes()
        reference = {"$": [kind, self.size, array.size, array.shape[1] if array.ndim == 2 else 0]}
        for part in (body, bytes(-len(body) % 8)):
            self.parts.append(part)
            self.size += len(part)
        return reference


@dataclass(frozen=True)
class Payload:
    """One chart as messages."""

    places: bytes | None
    """Positions of its points; None where it has none."""
    figure: bytes
    """Everything else but the overlays."""


def encode(
    linked: LinkedFigure,
    *,
    key: str,
    run: str,
    page: str,
    height: int,
    more: bool = False,
    zoom: bool = False,
    overlaid: bool = False,
) -> Payload:
    """Encode one chart.

    Parameters
    ----------
    linked
        The figure.
    key, run, page
        The chart's key, the run its samples belong to, and the page whose charts share a selection.
    height
        Height of the plot in CSS pixels.
    more
        Whether the chart reports which part of it is visible.
    zoom
        Whether the chart keeps its zoom in the address.
    overlaid
        Whether the browser waits for the overlays of the chart, see `encode_overlays`, before it draws.
    """
    blocks = _Blocks()
    data, layout = _plain_traces(linked.figure.data), linked.figure.layout.to_plotly_json()
    layout.pop("template", None)  # the browser has its own, in the page's colours
    points, marks = extract_points(linked, data)
    places = None if points is None else _encode_positions(points)
    header = {
        "figure": _pack({"data": data, "layout": layout}, blocks),
        "points": None if points is None or places is None else _pack_points(points, places, blocks),
        "marks": [_pack_marks(item, blocks) for item in marks],
        "hover": linked.hover,
        "decode_plane": linked.decode_plane,
        "decode_said": linked.decode_label,
        "caption": linked.caption,
        "title": linked.figure.layout.title.text or key,
        "key": key,
        "run": run,
        "page": page,
        "height": height,
        "more": more,
        "zoom": zoom,
        "overlaid": overlaid,
    }
    return Payload(places, _assemble(header, blocks))


def encode_overlays(overlays: Sequence[Overlay], chart: str, figure: bytes) -> bytes:
    """Encode the overlays of the chart with this key; `figure` is the encoded figure that they are drawn with."""
    blocks = _Blocks()
    data = [trace for overlay in overlays for trace in _plain_traces(overlay.traces)]
    header = {
        "chart": chart,
        "figure": figure[:8].hex(),
        "data": _pack(data, blocks),
        "images": [image for overlay in overlays for image in overlay.images],
        "annotations": [note for overlay in overlays for note in overlay.annotations],
    }
    return _assemble(header, blocks, _OVERLAYS)


def _plain_traces(traces: Sequence[Any]) -> list[dict[str, Any]]:
    return [trace.to_plotly_json() for trace in traces]


def _encode_positions(points: Points) -> bytes:
    blocks = _Blocks()
    header = {"ids": _pack_ids(points.ids, blocks), "x": blocks.add(points.x), "y": blocks.add(points.y)}
    return _assemble(header, blocks, _PLACES)


def _pack_points(points: Points, places: bytes, blocks: _Blocks) -> dict[str, Any]:
    return {
        "places": places[:8].hex(),
        "codes": blocks.add(points.codes),
        "looks": points.looks,
        "size": points.size,
        "opacity": points.opacity,
        "text": None if points.text is None else _pack(points.text, blocks),
        "svg": points.svg,
    }


def _assemble(header: dict[str, Any], blocks: _Blocks, kind: int = _FIGURE) -> bytes:
    from aeexplorer.routes.plotlyjs import PLOTLY_NAME

    text = orjson.dumps({**header, "plotly": PLOTLY_NAME}, option=orjson.OPT_SERIALIZE_NUMPY)
    sizes = len(text).to_bytes(4, "little") + kind.to_bytes(4, "little")
    body = b"".join([sizes, text, bytes(-len(text) % 8), *blocks.parts])
    return hashlib.blake2b(body, digest_size=8).digest() + body


def _pack(value: Any, blocks: _Blocks) -> Any:
    if isinstance(value, dict):
        if "bdata" in value:
            return _pack_array(_decode_plotly_array(value), blocks)
        return {key: _pack(item, blocks) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _pack_array(value, blocks)
    if isinstance(value, list | tuple):
        if len(value) >= _LONG and all(isinstance(item, str) for item in value):
            return _pack_words(value, blocks)
        return [_pack(item, blocks) for item in value]
    return value


def _decode_plotly_array(spec: dict[str, Any]) -> np.ndarray:
    array = np.frombuffer(base64.b64decode(spec["bdata"]), np.dtype(spec["dtype"]).newbyteorder("<"))
    shape = spec.get("shape")
    return array.reshape([int(size) for size in shape.split(",")]) if shape else array


def _pack_array(array: np.ndarray, blocks: _Blocks) -> Any:
    if array.dtype.kind in "iu":
        array = _smallest(array)
    if array.dtype.str[1:] in _KINDS and array.ndim in (1, 2):
        return blocks.add(array)
    return _pack(array.astype(str).tolist() if array.dtype.kind == "M" else array.tolist(), blocks)


def _pack_words(words: list[str] | tuple[str, ...], blocks: _Blocks) -> Any:
    vocabulary: dict[str, int] = {}
    codes = [vocabulary.setdefault(word, len(vocabulary)) for word in words]
    if len(vocabulary) > len(words) // 2:
        return list(words)
    return {"$words": list(vocabulary), "$codes": blocks.add(_smallest(np.asarray(codes)))}


def _pack_marks(marks: Marks, blocks: _Blocks) -> dict[str, Any]:
    groups = None if marks.groups is None else blocks.add(_smallest(marks.groups.reshape(-1)))
    return {"trace": marks.trace, "ids": _pack_ids(marks.ids, blocks), "groups": groups}


def _pack_ids(ids: np.ndarray, blocks: _Blocks) -> dict[str, Any]:
    """Encode ids in their order: one bit each where they ascend and lie close, else as an array."""
    if len(ids) < _LONG or ids[-1] - ids[0] >= 32 * len(ids) or np.any(ids[1:] <= ids[:-1]):
        return blocks.add(ids)
    field = np.zeros(ids[-1] - ids[0] + 1, np.bool_)
    field[ids - ids[0]] = True
    return {"$first": int(ids[0]), "$bits": blocks.add(np.packbits(field, bitorder="little"))}


def _smallest(array: np.ndarray) -> np.ndarray:
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    if low >= 0:
        return array.astype(np.min_scalar_type(high))
    return array.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(-high - 1)))
