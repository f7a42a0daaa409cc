"""What the canvas reports is taken only where it is of the paper's size."""

import base64

import numpy as np
import pytest

from aeexplorer.core.errors import UserError
from aeexplorer.ui.components.canvas import Paper


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_come_row_by_row(channels: int) -> None:
    pixels = np.arange(2 * 3 * channels, dtype=np.uint8).reshape(2, 3, channels)
    paper = Paper((channels, 2, 3), "#000000", "#ffffff", 9)
    found = paper.pixels({"number": 0, "pixels": base64.b64encode(pixels.tobytes()).decode()})
    assert found is not None
    assert np.array_equal(found, pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("drawing", [None, {}, {"number": 1, "pixels": ""}])
def test_an_empty_sheet_is_nothing(drawing: dict[str, object] | None) -> None:
    assert Paper((1, 2, 3), "#000000", "#ffffff", 9).pixels(drawing) is None


@pytest.mark.parametrize("pixels", ["AAAA", "!!!!", "A" * 9, 7])
def test_anything_else_is_refused(pixels: object) -> None:
    with pytest.raises(UserError, match="did not arrive whole"):
        Paper((1, 2, 3), "#000000", "#ffffff", 9).pixels({"pixels": pixels})
