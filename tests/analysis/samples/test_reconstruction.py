"""Choice of samples by error, and their reconstructions."""

import numpy as np
import pytest

from aeexplorer.analysis.samples.reconstruction import column_errors, reconstructions, samples_by_error, table_rows
from aeexplorer.core.errors import UserError

_COLUMNS = ["length", "<b>weight</b>", "colour"]


def test_best_and_worst_are_chosen_by_error_among_the_given_ids() -> None:
    errors = np.array([5, 1, 4, 2, 3, 0], np.float32)
    ids = np.array([0, 1, 2, 4], np.int32)
    assert samples_by_error(errors, ids, "best", 3).tolist() == [1, 4, 2]
    assert samples_by_error(errors, ids, "worst", 2).tolist() == [0, 2]
    assert samples_by_error(errors, ids, "worst", 9).tolist() == [0, 2, 4, 1]


def test_random_choice_is_seeded_and_among_the_given_ids() -> None:
    errors, ids = np.zeros(100, np.float32), np.arange(50, 100, dtype=np.int32)
    chosen = samples_by_error(errors, ids, "random", 12)
    assert np.array_equal(chosen, samples_by_error(errors, ids, "random", 12))
    assert len(np.unique(chosen)) == 12
    assert chosen.min() >= 50
    with pytest.raises(UserError, match="best, worst or random"):
        samples_by_error(errors, ids, "median", 3)  # type: ignore[arg-type]


def test_errors_are_mean_squares_of_the_differences(trained) -> None:
    for name, field in (("vae", "image"), ("vq", "image")):
        run = trained.runs[name]
        ids = np.array([90, 3, 17], np.int32)
        samples = reconstructions(run, ids)
        assert np.array_equal(samples.inputs[field], run.dataset.fields[field].array[ids], equal_nan=True)
        assert samples.outputs[field].shape == samples.inputs[field].shape
        squares = np.square(samples.differences[field].reshape(3, -1))
        assert np.nanmean(squares, 1) == pytest.approx(samples.errors, rel=1e-4)


def test_the_difference_is_output_minus_input(trained) -> None:
    samples = reconstructions(trained.runs["vae"], np.array([5]))
    gap = (samples.outputs["image"].astype(float) - samples.inputs["image"]) / 255
    clipped = np.clip(samples.inputs["image"] / 255 + samples.differences["image"], 0, 1) - samples.inputs["image"] / 255
    assert clipped == pytest.approx(gap, abs=1 / 255)


def test_table_rows_have_value_reconstruction_and_difference(trained) -> None:
    run = trained.runs["ae"]
    samples = reconstructions(run, np.array([4, 9]))
    rows = table_rows(run, "table", samples, 1)
    errors = [row.error for row in rows]
    assert np.isnan(errors[-1])
    assert errors[0] >= errors[1]
    assert np.allclose(
        errors, np.take(column_errors(run, "table", samples)[1], [_COLUMNS.index(r.column) for r in rows]), equal_nan=True
    )
    by_name = {row.column: row for row in rows}
    length, weight, colour = (by_name[name] for name in _COLUMNS)
    assert length.error == pytest.approx(samples.differences["table"][1, 0] ** 2)
    assert colour.error == pytest.approx(np.square(samples.differences["table"][1, 2:]).mean())
    assert length.value == f"{samples.inputs['table'][1, 0]:.4g}"
    assert length.reconstruction == f"{samples.outputs['table'][1, 0]:.4g}"
    assert float(length.difference) == pytest.approx(samples.outputs["table"][1, 0] - samples.inputs["table"][1, 0], rel=0.01)
    assert (weight.value, weight.difference) == ("", "")  # every ninth value is missing
    assert colour.value in ("red", "green", "blue")
    assert colour.difference == ""
