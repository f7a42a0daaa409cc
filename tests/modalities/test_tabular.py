"""Tables: conversion, and losses of mixed columns."""

import math
from pathlib import Path

import numpy as np
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.tabular import Tabular
from aeexplorer.models.likelihoods.gaussian import GaussianLikelihood

COLUMNS = [
    {"name": "kind", "kind": "categorical", "categories": ["a", "b", "c"]},
    {"name": "length", "kind": "numeric", "low": -2.0, "high": 3.0},
    {"name": "flag", "kind": "categorical", "categories": ["no", "yes"]},
    {"name": "same", "kind": "numeric", "low": 4.0, "high": 4.0},
]
TABLE = Tabular(Field("row", "tabular", (4,), "float32", {"columns": COLUMNS}, Path()))
ROWS = torch.tensor([[0, -2.0, 1, 4.0], [2, 3.0, 0, 4.0], [1, 0.5, 1, 4.0]])


def test_numbers_span_the_unit_range_and_categories_are_one_hot() -> None:
    x = TABLE.prepare(ROWS)
    expected = [[0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 1, 0], [0.5, 0, 0, 1, 0, 0, 1]]
    torch.testing.assert_close(x, torch.tensor(expected))


def test_prepare_and_restore_preserve_rows() -> None:
    assert np.allclose(TABLE.restore(TABLE.prepare(ROWS)), ROWS.numpy())


def test_missing_values_stay_missing_and_cost_nothing() -> None:
    holes = ROWS.clone()
    holes[0] = torch.nan
    holes[1, 0] = torch.nan
    x = TABLE.prepare(holes)
    assert x[0].isnan().all()
    assert x[1].isnan().tolist() == [False, False, True, True, True, False, False]
    likelihood, output = GaussianLikelihood(1 / math.sqrt(2 * math.pi)), torch.zeros(3, 7)
    nats = TABLE.nll(likelihood, output, x)
    known = math.pi * 1.0 + math.log(2)
    torch.testing.assert_close(nats, torch.tensor([0.0, known, math.pi * 0.25 + math.log(2) + math.log(3)]))


def test_mean_of_categories_is_a_probability() -> None:
    mean = TABLE.mean(GaussianLikelihood(1.0), torch.randn(5, 7))
    torch.testing.assert_close(mean[:, 2:5].sum(1), torch.ones(5))
    torch.testing.assert_close(mean[:, 5:].sum(1), torch.ones(5))


def test_rows_are_formatted_for_display() -> None:
    assert TABLE.rows(np.array([2, 0.5, np.nan, 4], np.float32)) == [
        ("kind", "c"),
        ("length", "0.5"),
        ("flag", ""),
        ("same", "4"),
    ]


def test_error_is_the_mean_over_known_columns_with_half_the_brier_score_of_categories() -> None:
    x = torch.tensor([[0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0], [0.5, torch.nan, torch.nan, torch.nan, torch.nan, 0.0, 1.0]])
    error = TABLE.error(torch.full((2, 7), 0.5), x)
    torch.testing.assert_close(error, torch.tensor([(0.25 + 0.25 + 0.75 / 2 + 0.5 / 2) / 4, (0 + 0.5 / 2) / 2]))


def test_logits_of_categories_cost_their_cross_entropy() -> None:
    output = torch.tensor([[0.0, 0.0, 1.0, -2.0, 0.5, 3.0, -1.0]])
    x = TABLE.prepare(torch.tensor([[2.0, -2.0, 0.0, 4.0]]))
    nats = TABLE.nll(GaussianLikelihood(1 / math.sqrt(2 * math.pi)), output, x)
    kinds = torch.nn.functional.cross_entropy(output[:, 2:5], torch.tensor([2]))
    flags = torch.nn.functional.cross_entropy(output[:, 5:], torch.tensor([0]))
    torch.testing.assert_close(nats, (kinds + flags)[None])


def test_every_column_counts_once_in_the_error_and_a_category_by_half_its_brier_score() -> None:
    x = TABLE.prepare(ROWS[:1])  # length, same, kind (a, b, c), flag (no, yes)
    guess = torch.tensor([[0.2, 0.1, 0.5, 0.25, 0.25, 0.4, 0.6]])
    columns = [0.2**2, 0.1**2, (0.5**2 + 0.25**2 + 0.25**2) / 2, (0.4**2 + 0.4**2) / 2]
    torch.testing.assert_close(TABLE.error(guess, x), torch.tensor([sum(columns) / 4]))
    x[:, 2:5] = torch.nan
    torch.testing.assert_close(TABLE.error(guess, x), torch.tensor([(columns[0] + columns[1] + columns[3]) / 3]))
    assert {name: round(float(error), 4) for name, error in TABLE.part_errors(guess, x).items() if not error.isnan()} == {
        "length": 0.04,
        "flag": 0.0,
        "same": 0.01,
    }
