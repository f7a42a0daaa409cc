"""Typed text and typed rows become the same samples as an upload of the same content."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from aeexplorer.analysis.samples.written_sample import bag_sample, row_sample, row_values, text_sample, typical_row
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from aeexplorer.data.tabular import column

LINES = ["the cat sat on the mat", "a dog ran after the cat", "the dog and the mat", "birds sing in the tree", "cats like birds"]


def text_dataset(workspace: Workspace, tokens: str) -> Dataset:
    content = "\n".join(LINES * 3 + ["one more line to differ"]).encode()
    options = IngestOptions().replace({"text.text_unit": "line", "text.tokens": tokens, "text.vocabulary": 64})
    return ingest(workspace, [Upload("lines.txt", content)], options)


@pytest.mark.parametrize("tokens", ["bpe", "characters", "bag_of_words", "tf_idf"])
def test_typed_text_is_tokenised_like_an_upload(workspace: Workspace, tokens: str) -> None:
    dataset = text_dataset(workspace, tokens)
    convert = bag_sample if dataset.main_field.modality == "bag_of_words" else text_sample
    for i, line in enumerate(LINES):
        sample, note = convert(dataset.main_field, f"  {line}\n")
        assert np.allclose(sample, dataset.main_field.array[i], atol=1e-6)
        assert sample.dtype == dataset.main_field.array.dtype
        assert note == ""


def test_long_or_unknown_text_gets_a_note_and_empty_text_is_refused(workspace: Workspace) -> None:
    field = text_dataset(workspace, "characters").main_field
    assert "not in the vocabulary" in text_sample(field, "ζήτα")[1]
    assert "cut off" in text_sample(field, "the cat " * 40)[1]
    with pytest.raises(UserError, match="no text"):
        text_sample(field, "\u200e ")
    with pytest.raises(UserError, match="Use words such as"):
        bag_sample(text_dataset(workspace, "bag_of_words").main_field, "xylophone")


COLUMNS = [
    column("size"),
    column("colour", ("red", "green")),
    column("day", start="2024-02-01"),
    column("at", start="2024-02-01T06:00"),
]
TABLE = Field("table", "tabular", (4,), "float32", {"columns": COLUMNS}, Path())


def test_row_survives_a_round_trip() -> None:
    values = {"size": 2.5, "colour": "green", "day": date(2024, 3, 1), "at": datetime(2024, 2, 1, 18, 30)}
    row = row_sample(TABLE, values)
    assert row.tolist() == pytest.approx([2.5, 1, 29, 12.5 / 24])
    assert row_values(TABLE, row) == values
    assert row_values(TABLE, row_sample(TABLE, {"size": 1})) == {"size": 1, "colour": None, "day": None, "at": None}


def test_empty_rows_and_unknown_categories_are_refused() -> None:
    with pytest.raises(UserError, match="every value"):
        row_sample(TABLE, {})
    with pytest.raises(UserError, match="no category 'blue'"):
        row_sample(TABLE, {"colour": "blue"})


def test_typical_row_has_medians_and_most_frequent_categories(workspace: Workspace) -> None:
    content = b"a,b\n1,x\n2,y\n9,y\n,y\n4,x\n3,y\n"
    options = IngestOptions(feature_columns=("a", "b"), label_column="")
    dataset = ingest(workspace, [Upload("t.csv", content)], options)
    assert row_values(dataset.main_field, typical_row(dataset, dataset.main_field)) == {"a": 3.0, "b": "y"}
