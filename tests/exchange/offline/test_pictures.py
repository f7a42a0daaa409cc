from io import BytesIO

import numpy as np
from PIL import Image

from aeexplorer.exchange.offline.pictures import sheet_of


def noise(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def test_each_picture_stands_in_its_place_unchanged_where_there_is_room() -> None:
    pictures = noise(7, 12)
    sheet = sheet_of(pictures, 1e6)
    assert sheet is not None
    pixels = np.asarray(Image.open(BytesIO(sheet.content)).convert("RGB"))
    for i, picture in enumerate(pictures):
        top, left = i // sheet.columns * sheet.height, i % sheet.columns * sheet.width
        assert np.array_equal(pixels[top : top + 12, left : left + 12], picture)


def test_pictures_get_coarser_until_they_fit() -> None:
    pictures = noise(40, 60)
    free, tight = sheet_of(pictures, 1e6), sheet_of(pictures, 12_000)
    assert free is not None
    assert tight is not None
    assert len(free.content) > 12_000 >= len(tight.content)
    assert tight.width < free.width == 60
    assert sheet_of(pictures, 100) is None
