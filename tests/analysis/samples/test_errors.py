"""Histogram and outliers of reconstruction errors."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import iqr
from scipy.stats import t as student_t

from aeexplorer.analysis.samples.errors import BINS, histogram, outliers


@given(errors=arrays(np.float32, st.integers(1, 300), elements=st.floats(0, 100, width=32)), bins=st.integers(1, 50))
def test_every_error_is_in_its_bin(errors: np.ndarray, bins: int) -> None:
    result = histogram(errors, bins)
    assert result.counts.sum() == len(errors)
    assert np.array_equal(result.counts, np.bincount(result.groups, minlength=bins))
    assert (np.diff(result.edges) > 0).all()
    slack = 1e-6 * max(1, result.edges[-1])
    assert (errors >= result.edges[result.groups] - slack).all()
    below_last = result.groups < bins - 1
    assert (errors[below_last] <= result.edges[result.groups + 1][below_last] + slack).all()


def test_a_few_extreme_errors_do_not_squeeze_the_rest_into_one_bin() -> None:
    errors = np.concatenate([np.random.default_rng(0).uniform(0.01, 0.02, 999), [9.0]]).astype(np.float32)
    result = histogram(errors)
    assert result.edges[-1] < 0.03
    assert result.groups[-1] == BINS - 1
    assert np.count_nonzero(result.counts) > BINS / 2


def test_outliers_have_unusually_high_errors_among_the_given_ids() -> None:
    errors = np.exp(np.random.default_rng(0).normal(-4, 0.3, 500)).astype(np.float32)
    errors[[7, 400]] = 0.5, 0.9
    ids = np.arange(500, dtype=np.int32)
    assert outliers(errors, ids)[:2].tolist() == [400, 7]
    assert len(outliers(errors, ids)) < 12
    assert 7 not in outliers(errors, ids[100:])
    assert len(outliers(np.full(10, 0.1, np.float32), ids[:10])) == 0


def test_outliers_lie_above_tukeys_fence_of_the_logarithms_the_largest_first() -> None:
    logs = student_t(3).rvs(400, random_state=0)
    errors = np.exp(logs - 5).astype(np.float32)
    ids = np.arange(0, 400, 2, dtype=np.int32)
    some = np.log(errors[ids].astype(float))
    fence = np.quantile(some, 0.75) + 1.5 * iqr(some)
    expected = ids[some > fence]
    found = outliers(errors, ids)
    assert 3 < len(expected) < 20
    assert found.tolist() == expected[np.argsort(-errors[expected])].tolist()
