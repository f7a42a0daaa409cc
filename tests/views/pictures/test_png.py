"""Pillow reads exactly the encoded pixels, and PNG files have the fewest channels."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aeexplorer.views.pictures.png import encode_png

RNG = np.random.default_rng(0)


@given(height=st.integers(1, 40), width=st.integers(1, 40), channels=st.integers(1, 4))
def test_every_pixel_is_preserved(height: int, width: int, channels: int) -> None:
    pixels = RNG.integers(0, 256, (height, width, channels)).astype(np.uint8)
    image = Image.open(BytesIO(encode_png(pixels)))
    assert np.array_equal(
        np.asarray(image.convert("RGBA")),
        np.asarray(Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).convert("RGBA")),
    )


@given(height=st.integers(1, 9), width=st.integers(1, 9), channels=st.integers(1, 4), factor=st.integers(2, 5))
def test_magnified_pictures_are_preserved(height: int, width: int, channels: int, factor: int) -> None:
    pixels = RNG.integers(0, 256, (height, width, channels)).astype(np.uint8).repeat(factor, 0).repeat(factor, 1)
    image = Image.open(BytesIO(encode_png(pixels)))
    assert np.array_equal(
        np.asarray(image.convert("RGBA")),
        np.asarray(Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels).convert("RGBA")),
    )


def test_repeated_rows_take_hardly_any_space() -> None:
    pixels = RNG.integers(0, 256, (20, 300, 3)).astype(np.uint8)
    assert len(encode_png(pixels.repeat(4, 0))) < 1.1 * len(encode_png(pixels))


@pytest.mark.parametrize(
    ("channels", "grey", "opaque", "mode"),
    [(3, True, True, "L"), (4, True, True, "L"), (4, True, False, "LA"), (4, False, True, "RGB"), (4, False, False, "RGBA")],
)
def test_redundant_channels_are_left_out(channels: int, grey: bool, opaque: bool, mode: str) -> None:
    pixels = RNG.integers(0, 256, (9, 11, channels)).astype(np.uint8)
    if grey:
        pixels[..., 1] = pixels[..., 2] = pixels[..., 0]
    if channels == 4 and opaque:
        pixels[..., 3] = 255
    image = Image.open(BytesIO(encode_png(pixels)))
    assert image.mode == mode
    assert np.array_equal(np.asarray(image.convert("RGBA"))[..., :3], pixels[..., :3])


def test_flat_pictures_are_small() -> None:
    assert len(encode_png(np.zeros((448, 448, 3), np.uint8))) < 2_000
