"""Generated shapes with a caption and a tone each, some of them missing: what several fields of one sample are."""

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import Built, Progress, Sample, sources
from aeexplorer.data.samples.captions import COLUMNS, ROWS, caption
from aeexplorer.data.samples.shapes import BACKGROUND, COLOURS, SHAPES, SIDE, draw
from aeexplorer.data.spectrogram import Spectrogram
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.texts import Vocabulary, padded

COUNT, SEED = 2000, 0
LACKING = 0.1
"""Share of the samples that lack the caption, and of those that lack the tone."""
RATE, SECONDS, BANDS, HOP_MS = 8_000, 0.25, 32, 16
OVERTONES = {"circle": (1,), "square": (1, 0, 1 / 3, 0, 1 / 5), "triangle": (1, 1 / 2, 1 / 3), "cross": (1, 0, 0, 1)}
"""Loudness of each multiple of the pitch: the shape is heard as a timbre."""
_SMALL = 7.5  # pixels; what is less is called small


def tone(shape: str, size: float, y: float) -> np.ndarray:
    """A quarter of a second, float32 ``(2000,)`` within [-1, 1]: the higher the shape the higher, the larger the louder.

    Parameters
    ----------
    shape
        One of `SHAPES`.
    size, y
        In pixels, as in `aeexplorer.data.samples.shapes.draw`.
    """
    time = np.arange(int(RATE * SECONDS)) / RATE
    pitch = 220 * 2 ** (2 * (1 - y / SIDE))
    wave = sum(loud * np.sin(2 * np.pi * pitch * i * time) for i, loud in enumerate(OVERTONES[shape], 1))
    envelope = np.minimum(1, time / 0.02) * np.minimum(1, (SECONDS - time) / 0.1)
    return (wave * envelope * 10 ** ((size - 10) / 10) / sum(OVERTONES[shape])).astype(np.float32)


def _build(progress: Progress) -> Built:
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
        texts.append(caption(names[i], colours[i], "small" if size[i] < _SMALL else "large", *_place(x[i], y[i]), rng))
    progress(0.8, "making spectrograms and finding the tokens")
    spectrogram = Spectrogram.of(RATE, BANDS, HOP_MS)
    levels = spectrogram.levels(waves)
    vocabulary = Vocabulary.of(texts, "bpe", 256)
    cut = vocabulary.cut(texts)
    ids, _ = padded(cut, max(map(len, cut)) + 1)
    told, heard = rng.random((2, COUNT)) >= LACKING
    ids[~told], levels[~heard] = 0, 0
    table = pa.table(
        {
            "source": sources("shape", COUNT),
            "label": pa.array(names, pa.string()),
            "caption": pa.array([text if there else None for text, there in zip(texts, told, strict=True)], pa.string()),
            "shape": pa.array(names, pa.string()),
            "colour": pa.array(colours, pa.string()),
            "size": size.round(3),
            "x": x.round(3),
            "y": y.round(3),
        }
    )
    fields = {
        "image": NewField("image", pixels, {}),
        "text": NewField("text", ids, vocabulary.meta, told),
        "audio": NewField("audio", levels, spectrogram.meta, heard),
    }
    return Built(fields, table, stratified_split(kinds, COUNT, SplitSettings()))


def _place(x: float, y: float) -> tuple[str, str]:
    """The row and the column of the nine parts of the picture in which a centre lies."""
    third = SIDE / 3
    return list(ROWS)[int(y // third)], COLUMNS[int(x // third)]


SAMPLE = Sample(
    "shapes-captioned",
    "Shapes with captions and tones",
    "2,000 coloured shapes, each with a caption and a tone that stand for it; one in ten lacks the one or the other.",
    _build,
)
