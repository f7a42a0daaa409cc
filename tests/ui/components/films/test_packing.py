"""Trees of plain data and arrays, as the browser reads them."""

import json
from typing import Any

import numpy as np

from aeexplorer.ui.components.films.packing import pack_tree


def unpacked(payload: bytes) -> dict[str, Any]:
    """What ``unpack.js`` makes of the bytes."""
    length = int.from_bytes(payload[8:12], "little")
    start = 16 + -(-length // 8) * 8

    def revive(found: dict[str, Any]) -> Any:
        if "$" not in found:
            return found
        kind, offset, size, width = found["$"]
        flat = np.frombuffer(payload, f"<{kind}", size, start + offset)
        return flat.reshape(-1, width) if width else flat

    tree: dict[str, Any] = json.loads(payload[16 : 16 + length], object_hook=revive)
    return tree


def test_arrays_come_back_aligned_with_their_kind_and_shape() -> None:
    arrays = {"a": np.arange(5, dtype=np.uint8), "b": np.ones((3, 4), np.uint16), "c": np.array([1.5, np.nan], np.float32)}
    found = unpacked(pack_tree({"title": "ü", "deep": [arrays, {"none": None}], "empty": np.empty(0, np.int32)}))
    assert found["title"] == "ü"
    assert found["deep"][1] == {"none": None}
    for name, array in arrays.items():
        assert found["deep"][0][name].dtype == array.dtype
        np.testing.assert_array_equal(found["deep"][0][name], array)
    assert found["empty"].size == 0


def test_equal_trees_have_equal_digests() -> None:
    first, same, other = (pack_tree({"x": np.full(3, value)}) for value in (1, 1, 2))
    assert first == same
    assert first[:8] != other[:8]
