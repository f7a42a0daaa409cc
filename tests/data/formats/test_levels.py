"""Pictures that use little of their format's range are scaled by the range of the set, and this is told and can be changed."""

import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aeexplorer.data.dataset import Field
from aeexplorer.data.fitting.image import FITTER
from aeexplorer.data.formats._levels import find_levels, levels_notes
from aeexplorer.data.readers.image import ImageReader
from aeexplorer.data.uploads.members import Member


def picture(values: np.ndarray, format: str = "PNG", **save: object) -> Member:
    out = io.BytesIO()
    Image.fromarray(values).save(out, format, **save)
    return Member("p", "", len(out.getvalue()), partial(io.BytesIO, out.getvalue()))


def read(members: list[Member], choice: str = "auto") -> np.ndarray:
    levels = find_levels(members, choice)  # type: ignore[arg-type]
    return np.stack([ImageReader(8, 8, "crop", levels).read(member) for member in members])


RNG = np.random.default_rng(0)
TWELVE_BITS = RNG.integers(0, 4096, (5, 8, 8)).astype(np.uint16)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_twelve_bits_in_sixteen_are_scaled_by_the_range_of_the_set(format: str) -> None:
    members = [picture(values, format) for values in TWELVE_BITS]
    low, high = int(TWELVE_BITS.min()), int(TWELVE_BITS.max())
    assert find_levels(members, "auto") == {65535: (low, high)}
    expected = np.rint((TWELVE_BITS - float(low)) / (high - low) * 255)
    np.testing.assert_array_equal(read(members), expected)
    np.testing.assert_array_equal(read(members, "format"), TWELVE_BITS >> 8)
    (note,) = levels_notes(find_levels(members, "auto"))
    assert f"values from {low:,} to {high:,}" in note


def test_masks_that_number_their_classes_are_scaled_too() -> None:
    masks = RNG.integers(0, 4, (5, 8, 8)).astype(np.uint8)
    members = [picture(mask) for mask in masks]
    np.testing.assert_array_equal(read(members), masks * 85)
    np.testing.assert_array_equal(read(members, "format"), masks)
    assert "at most 4 levels" in levels_notes(find_levels(members, "auto"))[0]
    binary = [picture((mask > 1).astype(np.uint8)) for mask in masks]
    np.testing.assert_array_equal(read(binary), (masks > 1) * 255)


def test_colours_are_scaled_by_one_range() -> None:
    dark = RNG.integers(0, 32, (5, 8, 8, 3)).astype(np.uint8)
    high = int(dark.max())
    np.testing.assert_array_equal(read([picture(values) for values in dark]), np.rint(dark / high * 255))


def test_pictures_that_use_their_range_stay_as_they_are() -> None:
    full = RNG.integers(0, 65536, (5, 8, 8)).astype(np.uint16)
    assert find_levels([picture(values) for values in full], "auto") == {}
    grey = RNG.integers(60, 190, (5, 8, 8)).astype(np.uint8)
    members = [picture(values) for values in grey]
    assert find_levels(members, "auto") == {}
    np.testing.assert_array_equal(read(members), grey)
    assert find_levels(members, "set") == {255: (int(grey.min()), int(grey.max()))}


def test_only_the_dark_ones_of_a_mixed_set_are_scaled() -> None:
    bright = RNG.integers(0, 256, (5, 8, 8)).astype(np.uint8)
    members = [picture(values) for values in (*bright, *TWELVE_BITS)]
    assert set(find_levels(members, "auto")) == {65535}


def test_a_user_picture_is_scaled_as_the_pictures_of_its_set() -> None:
    field = Field("image", "image", (1, 8, 8), "uint8", {"levels": {"65535": [100, 4000]}}, Path("unused"))
    values = RNG.integers(100, 4001, (8, 8)).astype(np.uint16)
    expected = np.rint((values - 100.0) / 3900 * 255)
    np.testing.assert_array_equal(FITTER.read(picture(values), field)[0, 0], expected)
