import warnings

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aeexplorer.data.tabular import column, with_statistics

VALUES = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6, width=32))


@given(arrays(np.float32, (17, 3), elements=VALUES), arrays(bool, 17))
def test_statistics_are_those_of_the_training_samples_without_missing_values(rows: np.ndarray, train: np.ndarray) -> None:
    described = with_statistics(rows, [column("a"), column("b"), column("c", ["x", "y"])], train)
    for i in (0, 1):
        known = rows[train, i][~np.isnan(rows[train, i])].astype(float)
        about = described[i]
        if len(known) == 0:
            assert (about["low"], about["high"], about["mean"], about["std"]) == (0, 0, 0, 1)
            continue
        np.testing.assert_allclose([about["low"], about["high"]], [known.min(), known.max()])
        np.testing.assert_allclose(about["mean"], known.mean(), atol=1e-6 * max(1, np.abs(known).max()))
        np.testing.assert_allclose(about["std"], known.std() or 1, rtol=1e-6, atol=1e-6 * max(1, np.abs(known).max()))
    assert described[2] == {
        "name": "c",
        "kind": "categorical",
        "categories": ["x", "y"],
        "low": 0.0,
        "high": 1.0,
        "mean": 0.0,
        "std": 1.0,
    }


def test_large_offsets_do_not_lose_precision() -> None:
    rows = (np.random.default_rng(0).integers(0, 4, (1000, 1)) + 2**23).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        about = with_statistics(rows, [column("a")], np.ones(1000, bool))[0]
    np.testing.assert_allclose(about["std"], rows.astype(float).std(), rtol=1e-9)
