"""Co-occurrence and label usage on a toy example and on a run."""

import numpy as np
import pytest

from aeexplorer.analysis.codes.relations import code_cooccurrence, count_cooccurrences, holds_codes, label_usage

TOY = np.array([[0, 1, 1], [1, 1, 1], [2, 0, 1], [2, 2, 3]], np.int32)


def test_cooccurrence_counts_each_sample_once() -> None:
    chosen = np.array([2, 0, 1])
    assert holds_codes(TOY, chosen).tolist() == [
        [False, True, True],
        [False, False, True],
        [True, True, True],
        [True, False, False],
    ]
    assert count_cooccurrences(TOY, chosen).tolist() == [[2, 1, 1], [1, 2, 2], [1, 2, 3]]


def test_lift_compares_with_independent_codes(trained) -> None:
    run = trained.runs["vq"]
    pairs = code_cooccurrence(run, 12)
    n = run.dataset.n
    a, b = 3, 7
    holds = [(run.codes == pairs.codes[i]).any(1) for i in (a, b)]
    both = int((holds[0] & holds[1]).sum())
    assert pairs.counts[a, b] == pairs.counts[b, a] == both
    if both:
        assert pairs.lift[a, b] == pytest.approx(np.log2(both / n / (holds[0].mean() * holds[1].mean())))
    assert np.isnan(np.diag(pairs.lift)).all()
    assert len(set(pairs.codes.tolist())) == 12


def test_shares_of_a_label_refer_to_all_its_positions(trained) -> None:
    run = trained.runs["vq"]
    label_shares = label_usage(run, 48)
    assert label_shares.shares.sum(1) == pytest.approx(np.ones(len(label_shares.labels)))
    row = label_shares.labels.index("3")
    codes = run.codes[run.dataset.labels == run.dataset.label_names.index("3")]
    assert label_shares.shares[row, 0] == pytest.approx((codes == label_shares.codes[0]).mean())
