"""Colourings return the values of the given ids, in their order."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.colouring import MAX_CATEGORIES, colouring, offered_colourings
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.create import create_run
from aeexplorer.training.run import Run

IDS = np.array([321, 4, 90, 0], np.int32)


def test_offered_colourings_of_a_run(trained) -> None:
    assert offered_colourings(trained.runs["vae"]) == ["label", "split", "error", "ink", "hand"]
    assert offered_colourings(trained.runs["ae"]) == ["split", "error"]


def test_values_follow_the_order_of_the_ids(trained) -> None:
    run = trained.runs["vae"]
    table = run.dataset.table
    label = colouring(run, "label", IDS)
    assert label.categories == tuple("0123456789")
    names = [None if v < 0 else label.categories[v] for v in label.values]
    assert names == [table["label"][int(i)].as_py() for i in IDS]
    assert names[1] is None
    split = colouring(run, "split", IDS)
    assert split.values.tolist() == run.dataset.split[IDS].tolist()
    assert colouring(run, "error", IDS).values.tolist() == run.errors[IDS].tolist()
    ink = colouring(run, "ink", IDS)
    assert ink.categories is None
    assert ink.values == pytest.approx([table["ink"][int(i)].as_py() for i in IDS])
    hand = colouring(run, "hand", IDS)
    assert hand.categories is not None
    assert [hand.categories[v] for v in hand.values] == ["right", "right", "left", "left"]


@pytest.fixture
def mixed_run(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> Run:
    """Untrained run of 40 samples whose table has columns of every type."""
    blobs = make_blobs(workspace, 40)
    columns = {
        "few": [None, *([7, 3] * 19), 7],
        "many": [*range(39), None],
        "flag": [True, False] * 20,
        "when": pa.array([0] * 40, pa.timestamp("s")),
        "words": ["<i>x</i>", None] * 20,
        "empty": pa.array([None] * 40, pa.float64()),
    }
    field = NewField("image", blobs.main_field.array, {})
    dataset = create_dataset(workspace, "odd", {"image": field}, pa.table(columns), blobs.split)
    return create_run(workspace, RunConfig(dataset=dataset.id), "odd")


def test_integers_with_few_distinct_values_are_categories(mixed_run: Run) -> None:
    ids = np.array([0, 1, 2, 39])
    few = colouring(mixed_run, "few", ids)
    assert few.categories == ("3", "7")
    assert few.values.tolist() == [-1, 1, 0, 1]
    assert mixed_run.dataset.n > MAX_CATEGORIES
    many = colouring(mixed_run, "many", ids)
    assert many.categories is None
    assert many.values[:3].tolist() == [0, 1, 2]
    assert np.isnan(many.values[3])


def test_booleans_and_texts_are_categories_and_missing_values_are_negative(mixed_run: Run) -> None:
    assert colouring(mixed_run, "flag", np.array([0, 1])).categories == ("False", "True")
    assert colouring(mixed_run, "flag", np.array([0, 1])).values.tolist() == [1, 0]
    assert colouring(mixed_run, "words", np.array([1, 2])).values.tolist() == [-1, 0]
    assert np.isnan(colouring(mixed_run, "empty", np.array([1, 2])).values).all()


def test_unsupported_columns_are_not_offered(mixed_run: Run) -> None:
    assert offered_colourings(mixed_run) == ["split", "few", "many", "flag", "words", "empty"]
    for name in ("when", "label", "error", "id"):
        with pytest.raises(UserError, match="Choose one of split, few"):
            colouring(mixed_run, name, np.array([0]))
