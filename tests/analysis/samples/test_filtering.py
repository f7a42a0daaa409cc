"""Filters and text search, in particular with missing values."""

import numpy as np
import pyarrow as pa
import pytest

from aeexplorer.analysis.samples.filtering import (
    OPERATORS,
    Condition,
    Filter,
    column_values,
    filterable_columns,
    matching_samples,
    parse_filter,
    search_samples,
)
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.training.create import create_run
from aeexplorer.training.defaults import config_for
from aeexplorer.training.run import Run

DEPTH = [1.0, None, 3.0, 4.0, float("nan"), 6.0]
SOURCES = ["a", "b", "c", "scan-8.png", "d", "e"]
NAMES = ["Left", "right", None, "left-handed", "RIGHT", "100%"]


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """Untrained run of six samples with missing values."""
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
    run = create_run(workspace, config_for("dense-ae", dataset), "run", "dense-ae")
    np.save(run.folder / "errors.npy", np.linspace(0, 1, dataset.n, dtype=np.float32))
    return run


def match(run: Run, *conditions: tuple[str, ...], any: bool = False) -> list[int]:
    return matching_samples(run, Filter(tuple(Condition(*c) for c in conditions), any)).tolist()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("depth", "lt", "4"), [0, 2]),
        (("depth", "le", "3"), [0, 2]),
        (("depth", "gt", "3"), [3, 5]),
        (("depth", "ge", "3"), [2, 3, 5]),
        (("depth", "eq", "3"), [2]),
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
def test_missing_values_match_only_is_missing(run: Run, condition: tuple[str, ...], expected: list[int]) -> None:
    assert match(run, condition) == expected


def test_filter_needs_all_or_any_conditions(run: Run) -> None:
    both = (("label", "is", "7"), ("depth", "gt", "2"))
    assert match(run, *both) == [5]
    assert match(run, *both, any=True) == [0, 1, 2, 3, 5]
    assert match(run) == []


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (("nothing", "is", "7"), "no column 'nothing'"),
        (("depth", "is", "7"), "cannot be compared"),
        (("depth", "lt", "deep"), "'deep' is not a number"),
        (("hand", "lt", "7"), "cannot be compared"),
        (("hand", "__import__", "7"), "cannot be compared"),
    ],
)
def test_impossible_comparisons_are_refused(run: Run, condition: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        match(run, condition)


def test_filter_survives_a_round_trip_through_its_text() -> None:
    expected = Filter((Condition("a b", "has", '"x" & <y>'), Condition("depth", "missing")), any=True)
    assert parse_filter(expected.text) == expected
    assert parse_filter("") == Filter()
    assert Filter().text == ""


@pytest.mark.parametrize(
    "text", ["7", "[]", '{"all": 3}', '{"all": [["a"]]}', '{"all": [[1, 2]]}', '{"some": []}', "{", '{"all": [null]}']
)
def test_malformed_filters_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("query", "expected"),
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
def test_search_needs_every_term_in_some_text(run: Run, query: str, expected: list[int]) -> None:
    assert search_samples(run, query).tolist() == expected


def test_tabular_fields_can_be_filtered(trained) -> None:
    run = trained.runs["ae"]
    assert filterable_columns(run) | {"length": "number", "<b>weight</b>": "number", "colour": "text"} == filterable_columns(run)
    assert column_values(run, "<b>weight</b>").null_count == len(range(0, 120, 9))
    assert match(run, ("<b>weight</b>", "missing")) == list(range(0, 120, 9))
    colours = column_values(run, "colour").to_pylist()
    assert match(run, ("colour", "is", "green")) == [i for i, name in enumerate(colours) if name == "green"]
    assert search_samples(run, "colour:gree").tolist() == match(run, ("colour", "is", "green"))


def test_every_operator_has_a_title_and_column_kinds() -> None:
    assert all(operator.title and operator.kinds for operator in OPERATORS.values())
