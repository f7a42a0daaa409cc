"""Which samples are shown, and what is said about each."""

import numpy as np
import pytest

from aeexplorer.analysis.samples.reconstruction import choose, column_errors, reconstructions, table_rows
from aeexplorer.core.errors import UserError

_COLUMNS = ["length", "<b>weight</b>", "colour"]


def test_best_and_worst_are_by_error_among_those_asked_for() -> None:
    errors = np.array([5, 1, 4, 2, 3, 0], np.float32)
    ids = np.array([0, 1, 2, 4], np.int32)
    assert choose(errors, ids, "best", 3).tolist() == [1, 4, 2]
    assert choose(errors, ids, "worst", 2).tolist() == [0, 2]
    assert choose(errors, ids, "worst", 9).tolist() == [0, 2, 4, 1]


def test_random_ones_are_seeded_and_among_those_asked_for() -> None:
    errors, ids = np.zeros(100, np.float32), np.arange(50, 100, dtype=np.int32)
    chosen = choose(errors, ids, "random", 12)
    assert np.array_equal(chosen, choose(errors, ids, "random", 12))
    assert len(np.unique(chosen)) == 12
    assert chosen.min() >= 50
    with pytest.raises(UserError, match="best, worst or random"):
        choose(errors, ids, "median", 3)  # type: ignore[arg-type]


def test_errors_are_the_mean_square_of_the_differences_row_by_row(trained) -> None:
    for name, field in (("vae", "image"), ("vq", "image"), ("ae", "table")):
        run = trained.runs[name]
        ids = np.array([90, 3, 17], np.int32)
        shown = reconstructions(run, ids)
        assert np.array_equal(shown.inputs[field], run.dataset.fields[field].array[ids], equal_nan=True)
        assert shown.outputs[field].shape == shown.inputs[field].shape
        squares = np.square(shown.differences[field].reshape(3, -1))
        assert np.nanmean(squares, 1) == pytest.approx(shown.errors, rel=1e-4)


def test_the_difference_is_output_minus_input(trained) -> None:
    shown = reconstructions(trained.runs["vae"], np.array([5]))
    gap = (shown.outputs["image"].astype(float) - shown.inputs["image"]) / 255
    clipped = np.clip(shown.inputs["image"] / 255 + shown.differences["image"], 0, 1) - shown.inputs["image"] / 255
    assert clipped == pytest.approx(gap, abs=1 / 255)


def test_table_rows_say_value_reconstruction_and_difference(trained) -> None:
    run = trained.runs["ae"]
    shown = reconstructions(run, np.array([4, 9]))
    rows = table_rows(run, "table", shown, 1)
    errors = [row.error for row in rows]
    assert np.isnan(errors[-1])
    assert errors[0] >= errors[1]
    assert np.allclose(
        errors, np.take(column_errors(run, "table", shown)[1], [_COLUMNS.index(r.column) for r in rows]), equal_nan=True
    )
    by_name = {row.column: row for row in rows}
    length, weight, colour = (by_name[name] for name in _COLUMNS)
    assert length.error == pytest.approx(shown.differences["table"][1, 0] ** 2)
    assert colour.error == pytest.approx(np.square(shown.differences["table"][1, 2:]).mean())
    assert length.value == f"{shown.inputs['table'][1, 0]:.4g}"
    assert length.reconstruction == f"{shown.outputs['table'][1, 0]:.4g}"
    assert float(length.difference) == pytest.approx(shown.outputs["table"][1, 0] - shown.inputs["table"][1, 0], rel=0.01)
    assert (weight.value, weight.difference) == ("", "")  # every ninth is missing
    assert colour.value in ("red", "green", "blue")
    assert colour.difference == ""
