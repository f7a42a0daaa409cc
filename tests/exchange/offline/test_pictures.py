from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.exchange.offline.pictures import build_sheet


def noise(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def test_pictures_are_unchanged_within_a_large_budget() -> None:
    pictures = noise(7, 12)
    sheet = build_sheet(pictures, 1e6)
    assert sheet is not None
    pixels = np.asarray(Image.open(BytesIO(sheet.content)).convert("RGB"))
    for i, picture in enumerate(pictures):
        top, left = i // sheet.columns * sheet.height, i % sheet.columns * sheet.width
        assert np.array_equal(pixels[top : top + 12, left : left + 12], picture)


def test_pictures_are_reduced_until_they_fit() -> None:
    pictures = noise(40, 60)
    large, small = build_sheet(pictures, 1e6), build_sheet(pictures, 12_000)
    assert large is not None
    assert small is not None
    assert len(large.content) > 12_000 >= len(small.content)
    assert small.width < large.width == 60
    assert build_sheet(pictures, 100) is None
