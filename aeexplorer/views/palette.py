"""Colours of data: told apart with any kind of colour vision, and legible on light and on dark pages."""

import numpy as np
from plotly.colors import sample_colorscale

CATEGORIES = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#84CC78",
    "#6B4A78",
    "#A80024",
    "#5A28F0",
)
"""Six colours of Okabe & Ito (2008, "Color universal design"), without their black and yellow, which vanish on a dark or a
light page, and four more, chosen far from them and from one another to normal, red-blind and green-blind eyes."""
ACCENT = "#D55E00"
"""Colour of paths and outlines laid over a map; it stands out from the colours of samples."""
OTHER = "#8A8F98"
"""Of what is grouped, missing or inactive."""
SYMBOLS = ("circle", "diamond")
"""The first ten categories are circles, the next ten diamonds of the same colours."""
LEGEND = len(CATEGORIES) * len(SYMBOLS)
"""Most categories that are drawn apart."""
SCALE = sample_colorscale("Viridis", list(np.linspace(0.16, 0.94, 12)))
"""Perceptually even, without the ends of viridis that vanish on a dark or a light page."""


def colour_of(category: int) -> str:
    """The colour of the category in that place."""
    return CATEGORIES[category % len(CATEGORIES)]


def symbol_of(category: int) -> str:
    """The symbol of the category in that place."""
    return SYMBOLS[category // len(CATEGORIES) % len(SYMBOLS)]
