"""Colours of data, which can be distinguished with any kind of colour vision and are legible on light and dark pages."""

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
"""Six colours of Okabe & Ito (2008, "Color universal design"), without black and yellow, which are invisible on a dark or a
light page, and four more colours that are far from these and from each other in normal, red-blind and green-blind vision."""
ACCENT = "#D55E00"
"""Colour of paths and outlines on a map. It stands out from the colours of samples."""
OTHER = "#8A8F98"
"""Colour of anything grouped, missing or inactive."""
SYMBOLS = ("circle", "diamond")
"""Symbols of the first ten categories, and of the next ten, which have the same colours."""
MAX_CATEGORIES = len(CATEGORIES) * len(SYMBOLS)
"""Number of categories with a colour and symbol of their own."""
SCALE = sample_colorscale("Viridis", list(np.linspace(0.16, 0.94, 12)))
"""Perceptually uniform colour scale: viridis without its ends, which are invisible on a dark or a light page."""


def colour_of(category: int) -> str:
    """Return the colour of a category, given its index."""
    return CATEGORIES[category % len(CATEGORIES)]


def symbol_of(category: int) -> str:
    """Return the symbol of a category, given its index."""
    return SYMBOLS[category // len(CATEGORIES) % len(SYMBOLS)]
