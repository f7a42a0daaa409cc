"""Generated coloured shapes. The factors are known, so that a latent space can be checked against them."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
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
    """Draw a shape: the coverage of each pixel, float64 ``(side, side)`` in [0, 1], from the signed distance to its edge.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    size
        Radius of the circumscribed circle, in pixels.
    x, y
        Centre, in pixels from the left and from the top.
    rotation
        Clockwise rotation in degrees.
    side
        Width and height of the picture, in pixels.
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


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    shapes = rng.permutation(np.arange(COUNT) % len(SHAPES))
    colours = rng.integers(0, len(COLOURS), COUNT)
    size = rng.uniform(5, 10, COUNT)
    x, y = rng.uniform(10, SIDE - 10, (2, COUNT))
    rotation = rng.uniform(0, 90, COUNT)
    palette = np.array(list(COLOURS.values()))
    pixels = np.empty((COUNT, 3, SIDE, SIDE), np.uint8)
    for i in range(COUNT):
        if i % 500 == 0:
            progress(i / COUNT, f"drawing shape {i:,} of {COUNT:,}")
        ink = draw(SHAPES[shapes[i]], size[i], x[i], y[i], rotation[i])
        pixels[i] = np.rint(BACKGROUND[:, None, None] * (1 - ink) + palette[colours[i]][:, None, None] * ink)
    names = np.array(SHAPES)[shapes].tolist()
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
    return DatasetContent({"image": NewField("image", pixels, {})}, table, stratified_split(shapes, COUNT, SplitSettings()))


DATASET = BuiltinDataset(
    "shapes",
    "Shapes",
    "4,000 generated coloured shapes of 32 × 32 pixels; shape, colour, size, position and rotation are known.",
    _build,
)
