"""Categories can be distinguished by people who lack one kind of cones."""

from itertools import combinations

import numpy as np
import pytest

from aeexplorer.views.palette import CATEGORIES, MAX_CATEGORIES, colour_of, symbol_of

MIN_DISTANCE = 15
"""Least CIE 1976 distance between two categories; 2.3 is just noticeable."""
VISION = {  # Machado, Oliveira & Fernandes 2009 (doi:10.1109/TVCG.2009.113), severity 1, of linear RGB
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
RGB_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def linear(colour: str) -> np.ndarray:
    """Convert ``#rrggbb`` to linear RGB."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Convert linear RGB to CIE L*a*b* under D65."""
    xyz = RGB_TO_XYZ @ rgb / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", VISION)
def test_no_two_categories_look_alike(eyes: str) -> None:
    colours = [lab(np.clip(np.array(VISION[eyes]) @ linear(colour), 0, 1)) for colour in CATEGORIES]
    nearest = min(np.linalg.norm(first - second) for first, second in combinations(colours, 2))
    assert nearest > MIN_DISTANCE


def test_categories_with_the_same_colour_have_different_symbols() -> None:
    looks = {(colour_of(i), symbol_of(i)) for i in range(MAX_CATEGORIES)}
    assert len(looks) == MAX_CATEGORIES >= 16
