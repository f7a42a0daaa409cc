"""Drawings are laid as the dataset's pictures are, where these lie alike."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.drawn_sample import habit_of, inverted, laid, resized, stands_on_other_ground
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset


def plates(workspace: Workspace, ground: int = 0, ink: int = 255, moved: int = 0, n: int = 60) -> Dataset:
    """Grey 28 × 28 pictures of upright bars, 20 pixels high and in the middle, but for `moved`."""
    rng = np.random.default_rng(0)
    pictures = np.full((n, 1, 28, 28), ground, np.uint8)
    for picture in pictures:
        down, half = rng.integers(-moved, moved + 1), rng.integers(1, 6)
        picture[0, 4 + down : 24 + down, 14 - half : 14 + half] = ink
    return create_dataset(
        workspace, "plates", {"image": NewField("image", pictures, {})}, pa.table({"source": ["x"] * n}), np.zeros(n, np.int8)
    )


def drawn(ground: int, ink: int, top: int = 10, left: int = 4, high: int = 40, wide: int = 12) -> np.ndarray:
    pixels = np.full((1, 112, 112), ground, np.uint8)
    pixels[0, top : top + high, left : left + wide] = ink
    return pixels


@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0), (20, 230)])
def test_the_habit_of_a_dataset_is_found(workspace: Workspace, ground: int, ink: int) -> None:
    dataset = plates(workspace, ground, ink)
    habit = habit_of(dataset, dataset.main_field)
    assert (habit.ground, habit.plain, habit.bright) == ((ground,), True, ink > ground)
    assert habit.extent == pytest.approx(20 / 28)
    assert habit.middle == pytest.approx((0.5, 0.5), abs=0.01)
    assert "71%" in habit.said


def test_pictures_that_lie_anywhere_or_on_no_plain_ground_are_not_moved(workspace: Workspace, dataset: Dataset) -> None:
    moving = plates(workspace, moved=4)
    assert habit_of(moving, moving.main_field).extent is None
    assert habit_of(dataset, dataset.main_field).extent is None


@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0), (120, 200)])
def test_what_is_drawn_anywhere_comes_to_the_middle_in_the_datasets_size_and_colours(
    workspace: Workspace, ground: int, ink: int
) -> None:
    dataset = plates(workspace)
    habit = habit_of(dataset, dataset.main_field)
    sample = laid(drawn(ground, ink), dataset.main_field, habit)
    assert (sample.shape, sample.dtype) == ((1, 28, 28), np.uint8)
    rows, columns = np.nonzero(sample[0] > 128)
    assert (rows.min(), rows.max()) == (4, 23)
    assert (columns.min(), columns.max()) == (11, 16)
    assert sample[0, 0, 0] == 0
    assert sample.max() == 255


def test_an_empty_sheet_stays_plain_ground(workspace: Workspace) -> None:
    dataset = plates(workspace, 255, 0)
    habit = habit_of(dataset, dataset.main_field)
    assert (laid(drawn(30, 30), dataset.main_field, habit) == 255).all()


def test_resizing_keeps_the_place_and_the_kind_of_numbers(workspace: Workspace) -> None:
    dataset = plates(workspace)
    field = dataset.main_field
    sample = resized(drawn(0, 255, top=0, left=0, high=56, wide=112), field)
    assert (sample[0, :13] == 255).all()
    assert (sample[0, 15:] == 0).all()
    floats = type(field)("image", "image", field.shape, "float32", {}, Path())
    assert resized(drawn(0, 255), floats).dtype == np.float32
    assert np.allclose(inverted(resized(drawn(0, 255), floats)), 1 - resized(drawn(0, 255), floats))
    assert np.array_equal(inverted(sample), 255 - sample)


def test_ink_on_paper_is_seen_to_be_the_wrong_way_round(workspace: Workspace) -> None:
    dataset = plates(workspace)
    habit = habit_of(dataset, dataset.main_field)
    assert stands_on_other_ground(drawn(240, 10), habit)
    assert not stands_on_other_ground(drawn(10, 240), habit)
