"""Filters and search, above all where values are missing."""

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.filtering import OPERATORS, Condition, Filter, columns, matching, parse_filter, search, values_of
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run, create_run

DEPTH = [1.0, None, 3.0, 4.0, float("nan"), 6.0]
SOURCES = ["a", "b", "c", "scan-8.png", "d", "e"]
NAMES = ["Left", "right", None, "left-handed", "RIGHT", "100%"]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Six samples with holes in their columns; not trained."""
    table = pa.table(
        {
            "label": ["7", "7", "8", None, "8", "7"],
            "depth": DEPTH,
            "hand": NAMES,
            "ok": [True, False, None] * 2,
            "source": SOURCES,
        }
    )
    pictures = {"image": NewField("image", np.zeros((6, 1, 4, 4), np.uint8), {})}
    dataset = create_dataset(workspace, "six", pictures, table, np.array([0, 0, 0, 0, 1, 2], np.int8))
    made = create_run(workspace, config_for("dense-ae", dataset), "run", "dense-ae")
    np.save(made.folder / "errors.npy", np.linspace(0, 1, dataset.n, dtype=np.float32))
    return made


def kept(run: Run, *conditions: tuple[str, ...], any: bool = False) -> list[int]:
    return matching(run, Filter(tuple(Condition(*one) for one in conditions), any)).tolist()


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (("depth", "lt", "4"), [0, 2]),
        (("depth", "ge", "3"), [2, 3, 5]),
        (("depth", "ne", "3"), [0, 3, 5]),
        (("depth", "missing"), [1, 4]),
        (("depth", "known"), [0, 2, 3, 5]),
        (("hand", "is", "right"), [1]),
        (("hand", "not", "right"), [0, 3, 4, 5]),
        (("hand", "has", "left"), [0, 3]),
        (("hand", "lacks", "left"), [1, 4, 5]),
        (("hand", "starts", "RI"), [1, 4]),
        (("hand", "has", "%"), [5]),
        (("label", "missing"), [3]),
        (("ok", "is", "true"), [0, 3]),
        (("split", "is", "test"), [5]),
        (("error", "gt", "0.5"), [3, 4, 5]),
        (("id", "eq", "4"), [4]),
    ],
)
def test_a_missing_value_fits_nothing_but_being_missing(run: Run, condition: tuple[str, ...], wanted: list[int]) -> None:
    assert kept(run, condition) == wanted


def test_all_or_any_of_the_conditions(run: Run) -> None:
    both = (("label", "is", "7"), ("depth", "gt", "2"))
    assert kept(run, *both) == [5]
    assert kept(run, *both, any=True) == [0, 1, 2, 3, 5]
    assert kept(run) == []


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (("nothing", "is", "7"), "no column 'nothing'"),
        (("depth", "is", "7"), "not compared so"),
        (("depth", "lt", "deep"), "'deep' is no number"),
        (("hand", "lt", "7"), "not compared so"),
        (("hand", "__import__", "7"), "not compared so"),
    ],
)
def test_what_cannot_be_compared_is_said(run: Run, condition: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        kept(run, condition)


def test_a_filter_comes_back_from_its_text() -> None:
    wanted = Filter((Condition("a b", "has", '"x" & <y>'), Condition("depth", "missing")), any=True)
    assert parse_filter(wanted.text) == wanted
    assert parse_filter("") == Filter()
    assert Filter().text == ""


@pytest.mark.parametrize(
    "text", ["7", "[]", '{"all": 3}', '{"all": [["a"]]}', '{"all": [[1, 2]]}', '{"some": []}', "{", '{"all": [null]}']
)
def test_other_texts_are_no_filters(text: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("LEFT", [0, 3]),
        ("right 8", [4]),
        ("label:7 right", [1]),
        ('"left-h"', [3]),
        ("#5", [5]),
        ("8", [2, 4]),
        ("10", []),
        ("100", [5]),
        ("scan-8", [3]),
        ("nowhere:else", []),
        ("", []),
        ("  ", []),
    ],
)
def test_search_looks_for_every_word_in_any_text(run: Run, query: str, wanted: list[int]) -> None:
    assert search(run, query).tolist() == wanted


def test_columns_of_features_can_be_asked_for(trained) -> None:
    run = trained.runs["ae"]
    assert columns(run) | {"length": "number", "<b>weight</b>": "number", "colour": "text"} == columns(run)
    assert values_of(run, "<b>weight</b>").null_count == len(range(0, 120, 9))
    assert kept(run, ("<b>weight</b>", "missing")) == list(range(0, 120, 9))
    colours = values_of(run, "colour").to_pylist()
    assert kept(run, ("colour", "is", "green")) == [i for i, name in enumerate(colours) if name == "green"]
    assert search(run, "colour:gree").tolist() == kept(run, ("colour", "is", "green"))


def test_every_operator_has_a_kind_of_column_and_a_title() -> None:
    assert all(one.title and one.kinds for one in OPERATORS.values())
