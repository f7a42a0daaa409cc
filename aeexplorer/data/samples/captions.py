"""Generated captions of coloured shapes. The factors are known, so that a latent space of texts can be checked against them."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.samples.base import BuiltinDataset, DatasetContent, Progress, sources
from aeexplorer.data.samples.shapes import COLOURS, SHAPES
from aeexplorer.data.split import SplitSettings, stratified_split
from aeexplorer.data.texts import Vocabulary, pad_ids

COUNT, SEED, TOKENS = 4000, 0, 512
SIZES = {"small": ("small", "little", "tiny"), "large": ("large", "big", "huge")}
ROWS = {"top": ("top", "upper"), "middle": ("middle",), "bottom": ("bottom", "lower")}
COLUMNS = ("left", "centre", "right")


def caption(shape: str, colour: str, size: str, row: str, column: str, rng: np.random.Generator) -> str:
    """Write a caption in one of many wordings.

    Parameters
    ----------
    shape, colour, size, row, column
        Keys or items of `SHAPES`, `COLOURS`, `SIZES`, `ROWS` and `COLUMNS`.
    rng
        Random generator that chooses the wording.
    """
    size_word = str(rng.choice(SIZES[size]))
    place = _place_in_words(str(rng.choice(ROWS[row])), column)
    wordings = (
        f"a {size_word} {colour} {shape} {place}",
        f"{place} there is a {size_word} {colour} {shape}",
        f"the {shape} {place} is {size_word} and {colour}",
        f"{'an' if colour == 'orange' else 'a'} {colour} {shape}, {size_word}, {place}",
    )
    return wordings[rng.integers(len(wordings))]


def _place_in_words(row: str, column: str) -> str:
    if (row, column) == ("middle", "centre"):
        return "in the very middle"
    if column == "centre":
        return f"at the {row}"
    return f"on the {column}" if row == "middle" else f"at the {row} {column}"


def _build(progress: Progress) -> DatasetContent:
    rng = np.random.default_rng(SEED)
    choices: Mapping[str, list[str]] = {
        "shape": list(SHAPES),
        "colour": list(COLOURS),
        "size": list(SIZES),
        "row": list(ROWS),
        "column": list(COLUMNS),
    }
    progress(0.1, f"writing {COUNT:,} captions")
    factors_of: dict[str, tuple[str, ...]] = {}
    while len(factors_of) < COUNT:  # captions are distinct, so that no training caption is in the test set
        shape, colour, size, row, column = values = tuple(items[rng.integers(len(items))] for items in choices.values())
        factors_of.setdefault(caption(shape, colour, size, row, column, rng), values)
    progress(0.5, "learning the vocabulary")
    texts = list(factors_of)
    vocabulary = Vocabulary.from_texts(texts, "bpe", TOKENS)
    token_ids = vocabulary.encode(texts)
    ids, _ = pad_ids(token_ids, max(map(len, token_ids)) + 1)
    factors = {
        name: pa.array(values, pa.string()) for name, values in zip(choices, zip(*factors_of.values(), strict=True), strict=True)
    }
    table = pa.table({"source": sources("caption", COUNT), "label": factors["shape"], **factors})
    labels = np.array([SHAPES.index(values[0]) for values in factors_of.values()])
    return DatasetContent(
        {"text": NewField("text", ids, vocabulary.meta)}, table, stratified_split(labels, COUNT, SplitSettings())
    )


DATASET = BuiltinDataset(
    "captions",
    "Captions",
    "4,000 generated captions of coloured shapes; shape, colour, size and position are known.",
    _build,
)
