"""Rows of floats are pictures where their values look like pixels, and otherwise a table, with the choice told."""

import io
from functools import partial

import numpy as np
import pytest
from sklearn.datasets import load_digits

from aeexplorer.data.formats._array_file import read_header
from aeexplorer.data.formats._array_meaning import likely_layouts
from aeexplorer.data.uploads.members import Member
from tests.data.making import npy

RNG = np.random.default_rng(0)
DIGITS = load_digits().data[:200]


def layout(array: np.ndarray) -> tuple[str, str]:
    content = npy(array)
    guesses, note = likely_layouts(read_header(Member("x.npy", "", len(content), partial(io.BytesIO, content))))
    return guesses[0].layout, note


@pytest.mark.parametrize("width", [64, 768, 784])
def test_embeddings_are_a_table(width: int) -> None:
    directions = RNG.normal(size=(20, width))
    for embeddings in (RNG.normal(size=(200, width)), RNG.normal(size=(200, 20)) @ directions + RNG.normal(size=width)):
        found, note = layout(embeddings.astype(np.float32))
        assert found == "table"
        assert "layout=flat" in note
    assert layout(np.maximum(0, RNG.normal(size=(200, width))))[0] == "table"  # after a ReLU


def test_pixels_are_pictures() -> None:
    for pixels in (DIGITS, DIGITS / 16, DIGITS / 8 - 1, (DIGITS - DIGITS.mean()) / DIGITS.std()):
        found, note = layout(pixels.astype(np.float32))
        assert found == "flat"
        assert "layout=table" in note
    assert layout(RNG.random((50, 784)).astype(np.float32))[0] == "flat"  # within [0, 1]
    assert layout(DIGITS.astype(np.uint8)) == ("flat", "")
