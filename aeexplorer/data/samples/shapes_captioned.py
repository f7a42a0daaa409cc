"""Generated shapes with captions and tones, some of which are missing. An example of samples with several fields."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.samples.captions import COLUMNS, ROWS, caption
from aeexplorer.data.samples.shapes import BACKGROUND, COLOURS, SHAPES, SIDE, draw
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.texts import Vocabulary, pad_ids

COUNT, SEED = 2000, 0
MISSING_SHARE = 0.1
"""Share of the samples without a caption, and share of the samples without a tone."""
RATE, SECONDS, BANDS, HOP_MS = 8_000, 0.25, 32, 16
OVERTONES = {"circle": (1,), "square": (1, 0, 1 / 3, 0, 1 / 5), "triangle": (1, 1 / 2, 1 / 3), "cross": (1, 0, 0, 1)}
"""Loudness of each multiple of the pitch. The timbre tells the shape."""
_MIN_LARGE_SIZE = 7.5  # pixels; smaller shapes are called small


def tone(shape: str, size: float, y: float) -> np.ndarray:
    """Generate a tone of a quarter of a second, float32 ``(2000,)`` in [-1, 1].

    The pitch rises with the height of the shape in the picture, the loudness with its size.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    size, y
        Size and vertical centre in pixels, as in `aeexplorer.data.samples.shapes.draw`.
    """
    time = np.arange(int(RATE * SECONDS)) / RATE
    pitch = 220 * 2 ** (2 * (1 - y / SIDE))
    wave = sum(loudness * np.sin(2 * np.pi * pitch * i * time) for i, loudness in enumerate(OVERTONES[shape], 1))
    envelope = np.minimum(1, time / 0.02) * np.minimum(1, (SECONDS - time) / 0.1)
    return (wave * envelope * 10 ** ((size - 10) / 10) / sum(OVERTONES[shape])).astype(np.float32)


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    kinds = rng.permutation(np.arange(COUNT) % len(SHAPES))
    names = np.array(SHAPES)[kinds].tolist()
    colours = rng.choice(list(COLOURS), COUNT).tolist()
    size = rng.uniform(5, 10, COUNT)
    x, y = rng.uniform(8, SIDE - 8, (2, COUNT))
    pixels = np.empty((COUNT, 3, SIDE, SIDE), np.uint8)
    waves, texts = np.empty((COUNT, int(RATE * SECONDS)), np.float32), []
    for i in range(COUNT):
        if i % 200 == 0:
            progress(0.8 * i / COUNT, f"drawing shape {i:,} of {COUNT:,}")
        ink = draw(names[i], size[i], x[i], y[i], 0.0)
        pixels[i] = np.rint(BACKGROUND[:, None, None] * (1 - ink) + np.array(COLOURS[colours[i]])[:, None, None] * ink)
        waves[i] = tone(names[i], size[i], y[i])
        texts.append(
            caption(names[i], colours[i], "small" if size[i] < _MIN_LARGE_SIZE else "large", *_row_and_column(x[i], y[i]), rng)
        )
    progress(0.8, "computing spectrograms and learning the vocabulary")
    spectrogram = Spectrogram.for_rate(RATE, BANDS, HOP_MS)
    levels = spectrogram.levels(waves)
    vocabulary = Vocabulary.from_texts(texts, "bpe", 256)
    token_ids = vocabulary.encode(texts)
    ids, _ = pad_ids(token_ids, max(map(len, token_ids)) + 1)
    has_caption, has_tone = rng.random((2, COUNT)) >= MISSING_SHARE
    ids[~has_caption], levels[~has_tone] = 0, 0
    table = pa.table(
        {
            "source": sources("shape", COUNT),
            "label": pa.array(names, pa.string()),
            "caption": pa.array([text if has else None for text, has in zip(texts, has_caption, strict=True)], pa.string()),
            "shape": pa.array(names, pa.string()),
            "colour": pa.array(colours, pa.string()),
            "size": size.round(3),
            "x": x.round(3),
            "y": y.round(3),
        }
    )
    fields = {
        "image": NewField("image", pixels, {}),
        "text": NewField("text", ids, vocabulary.meta, has_caption),
        "audio": NewField("audio", levels, spectrogram.meta, has_tone),
    }
    return DatasetContent(fields, table, stratified_split(kinds, COUNT, SplitSettings()))


def _row_and_column(x: float, y: float) -> tuple[str, str]:
    """Return the row and the column, out of three each, in which a centre lies."""
    third = SIDE / 3
    return list(ROWS)[int(y // third)], COLUMNS[int(x // third)]


DATASET = BuiltinDataset(
    "shapes-captioned",
    "Shapes with captions and tones",
    "2,000 generated coloured shapes, each with a caption and a tone that describe it; 10 % lack the caption, and 10 % the tone.",
    _build,
)
