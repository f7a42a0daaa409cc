"""Drawings are placed like the pictures of the dataset if these have a common layout."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.drawn_sample import (
    apply_layout,
    has_opposite_background,
    invert_picture,
    measure_layout,
    resize_picture,
)
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset


def bar_pictures(workspace: Workspace, background: int = 0, ink: int = 255, moved: int = 0, n: int = 60) -> Dataset:
    """Create grey 28 × 28 pictures of upright bars, 20 pixels high and centred, shifted by up to `moved` pixels."""
    rng = np.random.default_rng(0)
    pictures = np.full((n, 1, 28, 28), background, np.uint8)
    for picture in pictures:
        down, half = rng.integers(-moved, moved + 1), rng.integers(1, 6)
        picture[0, 4 + down : 24 + down, 14 - half : 14 + half] = ink
    return create_dataset(
        workspace, "plates", {"image": NewField("image", pictures, {})}, pa.table({"source": ["x"] * n}), np.zeros(n, np.int8)
    )


def drawing(background: int, ink: int, top: int = 10, left: int = 4, height: int = 40, width: int = 12) -> np.ndarray:
    """Return grey pixels 112 × 112 with one rectangle."""
    pixels = np.full((1, 112, 112), background, np.uint8)
    pixels[0, top : top + height, left : left + width] = ink
    return pixels


@pytest.mark.parametrize(("background", "ink"), [(0, 255), (255, 0), (20, 230)])
def test_layout_of_a_dataset_is_measured(workspace: Workspace, background: int, ink: int) -> None:
    dataset = bar_pictures(workspace, background, ink)
    layout = measure_layout(dataset, dataset.main_field)
    assert (layout.background, layout.has_plain_background, layout.bright_foreground) == ((background,), True, ink > background)
    assert layout.extent == pytest.approx(20 / 28)
    assert layout.middle == pytest.approx((0.5, 0.5), abs=0.01)
    assert "71%" in layout.caption


def test_pictures_without_a_common_layout_have_no_extent(workspace: Workspace, dataset: Dataset) -> None:
    moving = bar_pictures(workspace, moved=4)
    assert measure_layout(moving, moving.main_field).extent is None
    assert measure_layout(dataset, dataset.main_field).extent is None


@pytest.mark.parametrize(("background", "ink"), [(0, 255), (255, 0), (120, 200)])
def test_drawing_is_centred_and_takes_size_and_colours_of_the_dataset(workspace: Workspace, background: int, ink: int) -> None:
    dataset = bar_pictures(workspace)
    layout = measure_layout(dataset, dataset.main_field)
    sample = apply_layout(drawing(background, ink), dataset.main_field, layout)
    assert (sample.shape, sample.dtype) == ((1, 28, 28), np.uint8)
    rows, columns = np.nonzero(sample[0] > 128)
    assert (rows.min(), rows.max()) == (4, 23)
    assert (columns.min(), columns.max()) == (11, 16)
    assert sample[0, 0, 0] == 0
    assert sample.max() == 255


def test_empty_drawing_becomes_plain_background(workspace: Workspace) -> None:
    dataset = bar_pictures(workspace, 255, 0)
    layout = measure_layout(dataset, dataset.main_field)
    assert (apply_layout(drawing(30, 30), dataset.main_field, layout) == 255).all()


def test_resizing_keeps_positions_and_dtype(workspace: Workspace) -> None:
    dataset = bar_pictures(workspace)
    field = dataset.main_field
    sample = resize_picture(drawing(0, 255, top=0, left=0, height=56, width=112), field)
    assert (sample[0, :13] == 255).all()
    assert (sample[0, 15:] == 0).all()
    floats = type(field)("image", "image", field.shape, "float32", {}, Path())
    assert resize_picture(drawing(0, 255), floats).dtype == np.float32
    assert np.allclose(invert_picture(resize_picture(drawing(0, 255), floats)), 1 - resize_picture(drawing(0, 255), floats))
    assert np.array_equal(invert_picture(sample), 255 - sample)


def test_dark_drawing_on_bright_paper_has_the_opposite_background(workspace: Workspace) -> None:
    dataset = bar_pictures(workspace)
    layout = measure_layout(dataset, dataset.main_field)
    assert has_opposite_background(drawing(240, 10), layout)
    assert not has_opposite_background(drawing(10, 240), layout)
