"""Generated captions of coloured shapes whose factors are known: what a latent space of texts ought to find out."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import Built, Progress, Sample, sources
from aeexplorer.data.samples.shapes import COLOURS, SHAPES
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.texts import Vocabulary, padded

COUNT, SEED, TOKENS = 4000, 0, 512
SIZES = {"small": ("small", "little", "tiny"), "large": ("large", "big", "huge")}
ROWS = {"top": ("top", "upper"), "middle": ("middle",), "bottom": ("bottom", "lower")}
COLUMNS = ("left", "centre", "right")


def caption(shape: str, colour: str, size: str, row: str, column: str, rng: np.random.Generator) -> str:
    """One of many wordings of what is seen.

    Parameters
    ----------
    shape, colour, size, row, column
        One of `SHAPES`, `COLOURS`, `SIZES`, `ROWS`, `COLUMNS`.
    rng
        Chooses the wording.
    """
    large = str(rng.choice(SIZES[size]))
    at = _place(str(rng.choice(ROWS[row])), column)
    wordings = (
        f"a {large} {colour} {shape} {at}",
        f"{at} there is a {large} {colour} {shape}",
        f"the {shape} {at} is {large} and {colour}",
        f"{'an' if colour == 'orange' else 'a'} {colour} {shape}, {large}, {at}",
    )
    return wordings[rng.integers(len(wordings))]


def _place(row: str, column: str) -> str:
    if (row, column) == ("middle", "centre"):
        return "in the very middle"
    if column == "centre":
        return f"at the {row}"
    return f"on the {column}" if row == "middle" else f"at the {row} {column}"


def _build(progress: Progress) -> Built:
    rng = np.random.default_rng(SEED)
    choices: Mapping[str, list[str]] = {
        "shape": list(SHAPES),
        "colour": list(COLOURS),
        "size": list(SIZES),
        "row": list(ROWS),
        "column": list(COLUMNS),
    }
    progress(0.1, f"writing {COUNT:,} captions")
    written: dict[str, tuple[str, ...]] = {}
    while len(written) < COUNT:  # no two alike, so that none is both trained on and tested on
        shape, colour, size, row, column = own = tuple(values[rng.integers(len(values))] for values in choices.values())
        written.setdefault(caption(shape, colour, size, row, column, rng), own)
    progress(0.5, "finding the tokens")
    texts = list(written)
    vocabulary = Vocabulary.of(texts, "bpe", TOKENS)
    cut = vocabulary.cut(texts)
    ids, _ = padded(cut, max(map(len, cut)) + 1)
    factors = {
        name: pa.array(values, pa.string()) for name, values in zip(choices, zip(*written.values(), strict=True), strict=True)
    }
    table = pa.table({"source": sources("caption", COUNT), "label": factors["shape"], **factors})
    labels = np.array([SHAPES.index(own[0]) for own in written.values()])
    return Built({"text": NewField("text", ids, vocabulary.meta)}, table, stratified_split(labels, COUNT, SplitSettings()))


SAMPLE = Sample(
    "captions",
    "Captions",
    "4,000 captions of coloured shapes in varied words; shape, colour, size and place are known.",
    _build,
)
