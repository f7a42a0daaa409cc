"""Counts on a toy, and the figures of a run."""

import numpy as np
import pytest

from aeexplorer.analysis.codes.relations import cooccurrence, held, label_use, together

TOY = np.array([[0, 1, 1], [1, 1, 1], [2, 0, 1], [2, 2, 3]], np.int32)


def test_codes_that_samples_hold_together_are_counted_once_a_sample() -> None:
    wanted = np.array([2, 0, 1])
    assert held(TOY, wanted).tolist() == [[False, True, True], [False, False, True], [True, True, True], [True, False, False]]
    assert cooccurrence(TOY, wanted).tolist() == [[2, 1, 1], [1, 2, 2], [1, 2, 3]]


def test_lift_is_beside_chance(trained) -> None:
    run = trained.runs["vq"]
    found = together(run, 12)
    n = run.dataset.n
    a, b = 3, 7
    holds = [(run.codes == found.codes[i]).any(1) for i in (a, b)]
    both = int((holds[0] & holds[1]).sum())
    assert found.counts[a, b] == found.counts[b, a] == both
    if both:
        assert found.lift[a, b] == pytest.approx(np.log2(both / n / (holds[0].mean() * holds[1].mean())))
    assert np.isnan(np.diag(found.lift)).all()
    assert len(set(found.codes.tolist())) == 12


def test_shares_of_a_label_are_of_all_its_places(trained) -> None:
    run = trained.runs["vq"]
    found = label_use(run, 48)
    assert found.shares.sum(1) == pytest.approx(np.ones(len(found.labels)))
    row = found.labels.index("3")
    codes = run.codes[run.dataset.labels == run.dataset.label_names.index("3")]
    assert found.shares[row, 0] == pytest.approx((codes == found.codes[0]).mean())
