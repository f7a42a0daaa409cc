"""Generated videos of a moving coloured shape. The factors are known."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.samples.shapes import BACKGROUND, COLOURS, SHAPES, draw
from aeexplorer.data.split import SplitSettings, stratified_split

COUNT, FRAMES, SIDE, SEED = 1200, 6, 20, 0
DIRECTIONS = {"right": (1, 0), "down": (0, 1), "left": (-1, 0), "up": (0, -1)}
RADIUS = 4.0
MIN_SPEED, MAX_SPEED = 0.4, 2.0  # pixels per frame


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    shapes = rng.integers(0, len(SHAPES), COUNT)
    colours = rng.integers(0, len(COLOURS), COUNT)
    directions = rng.permutation(np.arange(COUNT) % len(DIRECTIONS))
    speed = rng.uniform(MIN_SPEED, MAX_SPEED, COUNT)
    centre = rng.uniform(RADIUS + 2, SIDE - RADIUS - 2, (COUNT, 2))
    palette = np.array(list(COLOURS.values()))
    steps = np.arange(FRAMES) - (FRAMES - 1) / 2
    pixels = np.empty((COUNT, 3, FRAMES, SIDE, SIDE), np.uint8)
    for i in range(COUNT):
        if i % 200 == 0:
            progress(i / COUNT, f"drawing video {i:,} of {COUNT:,}")
        path = centre[i] + steps[:, None] * speed[i] * np.array(list(DIRECTIONS.values())[directions[i]])  # (frames, 2)
        for frame, (x, y) in enumerate(path):
            ink = draw(SHAPES[shapes[i]], RADIUS, x, y, 0.0, SIDE)
            colour = palette[colours[i]][:, None, None]
            pixels[i, :, frame] = np.rint(BACKGROUND[:, None, None] * (1 - ink) + colour * ink)
    names = np.array(list(DIRECTIONS))[directions].tolist()
    table = pa.table(
        {
            "source": sources("video", COUNT),
            "label": pa.array(names, pa.string()),
            "direction": pa.array(names, pa.string()),
            "shape": pa.array(np.array(SHAPES)[shapes].tolist(), pa.string()),
            "colour": pa.array(np.array(list(COLOURS))[colours].tolist(), pa.string()),
            "speed": speed.round(3),
            "x": centre[:, 0].round(3),
            "y": centre[:, 1].round(3),
        }
    )
    return DatasetContent({"video": NewField("video", pixels, {})}, table, stratified_split(directions, COUNT, SplitSettings()))


DATASET = BuiltinDataset(
    "moving-shapes",
    "Moving shapes",
    "1,200 generated videos of a moving shape, 6 frames of 20 × 20 pixels; direction, speed, shape and colour are known.",
    _build,
)
