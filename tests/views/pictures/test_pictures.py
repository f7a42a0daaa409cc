"""Images of tiled pictures have every pixel in its place."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from aeexplorer.analysis.samples.reconstruction import reconstructions
from aeexplorer.data.dataset import Field
from aeexplorer.views.pictures.pictures import (
    GUTTER,
    code_grid_picture,
    comparison_image,
    difference_rgb,
    field_pictures,
    png_bytes,
    resize_pictures,
    tile,
)

RNG = np.random.default_rng(0)
FIELD = Field("image", "image", (1, 3, 4), "uint8", {}, Path())


def noise(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape).astype(np.uint8)


def test_channels_become_red_green_blue() -> None:
    grey, colour, four = noise(2, 1, 3, 4), noise(2, 3, 3, 4), noise(2, 4, 3, 4)
    assert np.array_equal(field_pictures(FIELD, grey), np.repeat(grey.transpose(0, 2, 3, 1), 3, 3))
    assert np.array_equal(field_pictures(FIELD, colour), colour.transpose(0, 2, 3, 1))
    assert np.array_equal(field_pictures(FIELD, four), four[:, :3].transpose(0, 2, 3, 1))
    assert np.array_equal(field_pictures(FIELD, np.float32([[[[0, 0.5, 1, 1.7]]]]))[0, 0, :, 0], [0, 128, 255, 255])


def test_differences_of_each_sign_have_their_colour() -> None:
    dark, none, bright, beyond = difference_rgb(np.float32([[[-0.5, 0, 0.5, 2]]]), 0.5)[0, 0].astype(int)
    assert none.max() - none.min() == 0
    assert dark[2] > dark[0]
    assert bright[0] > bright[2]
    assert np.array_equal(bright, beyond)


@given(height=st.integers(1, 40), width=st.integers(1, 40), side=st.integers(1, 120))
def test_small_pictures_grow_by_a_whole_factor_and_large_ones_shrink(height: int, width: int, side: int) -> None:
    pictures = noise(2, height, width, 3)
    found = resize_pictures(pictures, side)
    assert max(found.shape[1:3]) <= side
    if max(height, width) <= side:
        factor = side // max(height, width)
        assert found.shape[1:3] == (height * factor, width * factor)
        assert np.array_equal(found[:, ::factor, ::factor], pictures)
        assert np.array_equal(found[:, factor - 1 :: factor, factor - 1 :: factor], pictures)


@given(count=st.integers(1, 13), columns=st.integers(1, 15))
def test_tiles_are_in_order_on_a_transparent_background(count: int, columns: int) -> None:
    pictures = noise(count, 3, 5, 3)
    image = np.asarray(tile(pictures, columns))
    per_row = min(columns, count)
    assert image.shape[:2] == (-(-count // per_row) * (3 + GUTTER) - GUTTER, per_row * (5 + GUTTER) - GUTTER)
    for i, picture in enumerate(pictures):
        top, left = i // per_row * (3 + GUTTER), i % per_row * (5 + GUTTER)
        assert np.array_equal(image[top : top + 3, left : left + 5, :3], picture)
    assert (image[..., 3] == 255).sum() == count * 15


def test_a_comparison_stacks_input_output_and_difference(trained) -> None:
    shown = reconstructions(trained.runs["vae"], np.arange(5))
    image = np.asarray(comparison_image(shown, trained.runs["vae"].dataset.main_field, 16, columns=3))
    tall = 3 * 16 + 2 * GUTTER
    assert image.shape[:2] == (2 * tall + 4 * GUTTER, 3 * 16 + 2 * GUTTER)
    for i in range(5):
        top, left = i // 3 * (tall + 4 * GUTTER), i % 3 * (16 + GUTTER)
        assert np.array_equal(image[top : top + 16 : 2, left : left + 16 : 2, 0], shown.inputs["image"][i, 0])
        below = top + 16 + GUTTER
        assert np.array_equal(image[below : below + 16 : 2, left : left + 16 : 2, 0], shown.outputs["image"][i, 0])
    assert not image[tall + 4 * GUTTER :, 2 * (16 + GUTTER) :, 3].any()


def test_the_cells_of_a_marked_code_are_framed() -> None:
    codes = np.array([[4, 7], [7, 4]])
    picture = np.full((8, 8, 3), 100, np.uint8)
    plain, marked = (np.asarray(code_grid_picture(picture, codes, 128, code)).astype(int) for code in (None, 7))
    changed = np.abs(plain - marked).sum(2) > 0
    assert plain.shape == (128, 128, 4)
    assert changed[:64, 64:].any()
    assert changed[64:, :64].any()
    assert not changed[:64, :64].any()
    assert not changed[64:, 64:].any()


def test_numbers_are_left_out_if_cells_are_too_small() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    crowded = np.asarray(code_grid_picture(picture, np.full((8, 8), 9_999), 64).convert("L"))
    roomy = np.asarray(code_grid_picture(picture, np.full((2, 2), 9), 64).convert("L"))
    assert crowded.max() < 128
    assert roomy.max() > 200


def test_png_bytes_decode_to_the_picture() -> None:
    image = tile(noise(4, 6, 6, 3), 2)
    assert np.array_equal(np.asarray(Image.open(BytesIO(png_bytes(image)))), np.asarray(image))


@pytest.mark.parametrize("side", [1, 7])
def test_a_reduced_picture_keeps_its_aspect_ratio(side: int) -> None:
    assert resize_pictures(noise(1, 20, 10, 3), side).shape[1:3] == (side, max(1, round(side / 2)))
