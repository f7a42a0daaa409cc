"""The generated captions agree with their table."""

import re

import numpy as np
import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.data.samples.captions import ROWS, SIZES, caption
from aeexplorer.data.texts import decode_text


def test_every_caption_names_its_factors(workspace: Workspace) -> None:
    dataset = load_builtin_dataset(workspace, "captions")
    field, table = dataset.main_field, dataset.table.to_pydict()
    texts = [decode_text(row, field.meta["tokens"]) for row in field.array]
    assert (dataset.n, field.modality, dataset.label_names) == (4000, "text", sorted(set(table["shape"])))
    assert len(set(texts)) == 4000
    for i, text in enumerate(texts):
        assert f" {table['shape'][i]}" in text
        assert table["colour"][i] in text
        assert any(word in text for word in SIZES[table["size"][i]])
        assert table["row"][i] == "middle" or any(word in text for word in ROWS[table["row"][i]])


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        ("middle", "centre", "in the very middle"),
        ("middle", "left", "on the left"),
        ("bottom", "centre", "at the (bottom|lower)"),
        ("top", "right", "at the (top|upper) right"),
    ],
)
def test_places_are_written_in_words(row: str, column: str, place: str) -> None:
    text = caption("cross", "orange", "large", row, column, np.random.default_rng(3))

    assert re.search(place, text)
    assert "a orange" not in text
