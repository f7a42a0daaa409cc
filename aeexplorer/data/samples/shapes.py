"""Generated coloured shapes whose factors are known: what a latent space ought to find out."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import Built, Progress, Sample, sources
from aeexplorer.data.split import SplitSettings, stratified_split

COUNT, SIDE, SEED = 4000, 32, 0
SHAPES = ("circle", "square", "triangle", "cross")
COLOURS = {
    "red": (214, 69, 65),
    "orange": (240, 160, 50),
    "green": (70, 170, 90),
    "blue": (60, 110, 200),
    "violet": (150, 90, 190),
}
BACKGROUND = np.array((18, 20, 28))


def draw(shape: str, size: float, x: float, y: float, rotation: float, side: int = SIDE) -> np.ndarray:
    """The coverage of each pixel by a shape, float64 ``(side, side)`` in [0, 1], from the signed distance to its edge.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    size
        Radius of the circle around it, in pixels.
    x, y
        Its centre, in pixels from the left and from the top.
    rotation
        In degrees, clockwise.
    side
        Of the picture, in pixels.
    """
    angle = np.deg2rad(rotation)
    down, right = np.mgrid[0:side, 0:side] + 0.5
    u = (right - x) * np.cos(angle) + (down - y) * np.sin(angle)
    v = (down - y) * np.cos(angle) - (right - x) * np.sin(angle)
    if shape == "circle":
        distance = np.hypot(u, v) - size
    elif shape == "square":
        distance = np.maximum(np.abs(u), np.abs(v)) - size / np.sqrt(2)
    elif shape == "triangle":
        sides = [u * np.sin(a) - v * np.cos(a) for a in np.deg2rad((60, 180, 300))]
        distance = np.max(sides, axis=0) - size / 2
    else:
        bar = size / 3
        arms = [np.maximum(np.abs(a) - size, np.abs(b) - bar) for a, b in ((u, v), (v, u))]
        distance = np.minimum(*arms)
    return np.clip(0.5 - distance, 0, 1)


def _build(progress: Progress) -> Built:
    rng = np.random.default_rng(SEED)
    kinds = rng.permutation(np.arange(COUNT) % len(SHAPES))
    colours = rng.integers(0, len(COLOURS), COUNT)
    size = rng.uniform(5, 10, COUNT)
    x, y = rng.uniform(10, SIDE - 10, (2, COUNT))
    rotation = rng.uniform(0, 90, COUNT)
    palette = np.array(list(COLOURS.values()))
    pixels = np.empty((COUNT, 3, SIDE, SIDE), np.uint8)
    for i in range(COUNT):
        if i % 500 == 0:
            progress(i / COUNT, f"drawing shape {i:,} of {COUNT:,}")
        ink = draw(SHAPES[kinds[i]], size[i], x[i], y[i], rotation[i])
        pixels[i] = np.rint(BACKGROUND[:, None, None] * (1 - ink) + palette[colours[i]][:, None, None] * ink)
    names = np.array(SHAPES)[kinds].tolist()
    table = pa.table(
        {
            "source": sources("shape", COUNT),
            "label": pa.array(names, pa.string()),
            "shape": pa.array(names, pa.string()),
            "colour": pa.array(np.array(list(COLOURS))[colours].tolist(), pa.string()),
            "size": size.round(3),
            "x": x.round(3),
            "y": y.round(3),
            "rotation": rotation.round(3),
        }
    )
    return Built({"image": NewField("image", pixels, {})}, table, stratified_split(kinds, COUNT, SplitSettings()))


SAMPLE = Sample(
    "shapes",
    "Shapes",
    "4,000 coloured shapes of 32 × 32 pixels; shape, colour, size, place and turn are known.",
    _build,
)
