"""Values to colour by belong to the ids asked for, in their order."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.colouring import FEW, colouring, colourings
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.run import Run, create_run

IDS = np.array([321, 4, 90, 0], np.int32)


def test_what_a_run_can_be_coloured_by(trained) -> None:
    assert colourings(trained.runs["vae"]) == ["label", "split", "error", "ink", "hand"]
    assert colourings(trained.runs["ae"]) == ["split", "error"]


def test_values_are_those_of_the_ids_in_their_order(trained) -> None:
    run = trained.runs["vae"]
    table = run.dataset.table
    label = colouring(run, "label", IDS)
    assert label.categories == tuple("0123456789")
    named = [None if v < 0 else label.categories[v] for v in label.values]
    assert named == [table["label"][int(i)].as_py() for i in IDS]
    assert named[1] is None
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
def odd(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> Run:
    """An untrained run of 40 samples whose table has columns of every kind."""
    plain = make_blobs(workspace, 40)
    columns = {
        "few": [None, *([7, 3] * 19), 7],
        "many": [*range(39), None],
        "flag": [True, False] * 20,
        "when": pa.array([0] * 40, pa.timestamp("s")),
        "words": ["<i>x</i>", None] * 20,
        "empty": pa.array([None] * 40, pa.float64()),
    }
    field = NewField("image", plain.main_field.array, {})
    dataset = create_dataset(workspace, "odd", {"image": field}, pa.table(columns), plain.split)
    return create_run(workspace, RunConfig(dataset=dataset.id), "odd")


def test_whole_numbers_are_categories_while_they_are_few(odd: Run) -> None:
    ids = np.array([0, 1, 2, 39])
    few = colouring(odd, "few", ids)
    assert few.categories == ("3", "7")
    assert few.values.tolist() == [-1, 1, 0, 1]
    assert odd.dataset.n > FEW
    many = colouring(odd, "many", ids)
    assert many.categories is None
    assert many.values[:3].tolist() == [0, 1, 2]
    assert np.isnan(many.values[3])


def test_flags_and_words_are_categories_and_what_is_missing_is_negative(odd: Run) -> None:
    assert colouring(odd, "flag", np.array([0, 1])).categories == ("False", "True")
    assert colouring(odd, "flag", np.array([0, 1])).values.tolist() == [1, 0]
    assert colouring(odd, "words", np.array([1, 2])).values.tolist() == [-1, 0]
    assert np.isnan(colouring(odd, "empty", np.array([1, 2])).values).all()


def test_what_cannot_be_coloured_by_is_not_offered(odd: Run) -> None:
    assert colourings(odd) == ["split", "few", "many", "flag", "words", "empty"]
    for name in ("when", "label", "error", "id"):
        with pytest.raises(UserError, match="Choose one of split, few"):
            colouring(odd, name, np.array([0]))
