import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import parse
from aeexplorer.data.split import SplitSettings, fold_split, stratified_draw, stratified_split

SHARES = st.floats(0, 0.4)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=300), SHARES, SHARES, st.integers(0, 99))
def test_every_label_has_its_share_in_every_split(labels: list[int], validation: float, test: float, seed: int) -> None:
    codes = np.array(labels)
    split = stratified_split(codes, len(codes), SplitSettings(validation=validation, test=test, seed=seed))
    assert split.shape == codes.shape
    assert set(split.tolist()) <= {0, 1, 2}
    for label in np.unique(codes):
        of_label = split[codes == label]
        assert abs((of_label == 2).sum() - test * len(of_label)) <= 1
        assert abs((of_label == 1).sum() - validation * len(of_label)) <= 2
    assert abs((split == 2).sum() - test * len(codes)) <= 1


@given(st.integers(5, 200), st.integers(0, 99))
def test_the_split_depends_on_the_seed_only(n: int, seed: int) -> None:
    first = stratified_split(None, n, SplitSettings(seed=seed))
    np.testing.assert_array_equal(first, stratified_split(None, n, SplitSettings(seed=seed)))
    reseeded = [stratified_split(None, n, SplitSettings(seed=seed + i)) for i in range(1, 9)]
    assert any((first != other).any() for other in reseeded)


def test_shares_out_of_bounds_and_empty_training_sets_are_refused() -> None:
    with pytest.raises(UserError, match=r"validation is 0\.5"):
        parse(SplitSettings, {"validation": 0.5})
    with pytest.raises(UserError, match="no sample is left"):
        stratified_split(None, 0, SplitSettings())


@given(st.integers(2, 8), st.booleans())
def test_every_sample_outside_the_test_set_validates_in_one_fold(folds: int, labelled: bool) -> None:
    labels = np.random.default_rng(0).integers(0, 3, 100) if labelled else None
    split = stratified_split(labels, 100, SplitSettings(validation=0.1, test=0.2))
    splits = np.stack([fold_split(split, labels, fold, folds) for fold in range(folds)])
    assert ((splits == 2) == (split == 2)).all()
    assert ((splits == 1).sum(0) == (split != 2)).all()
    sizes = (splits == 1).sum(1)
    assert sizes.max() - sizes.min() <= 1
    if labels is not None:
        counts = np.stack([np.bincount(labels[fold == 1], minlength=3) for fold in splits])
        assert (counts.max(0) - counts.min(0) <= 1).all()


def test_an_invalid_fold_is_refused() -> None:
    split = np.array([0, 0, 1, 2], np.int8)
    with pytest.raises(UserError, match="no fold 5 of 5"):
        fold_split(split, None, 5, 5)
    with pytest.raises(UserError, match="3 samples cannot be divided into 4 folds"):
        fold_split(split, None, 0, 4)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=300), st.integers(1, 100), st.integers(0, 99))
def test_a_stratified_draw_keeps_the_share_of_every_stratum(strata: list[int], limit: int, seed: int) -> None:
    codes, ids = np.array(strata), np.arange(len(strata)) * 3
    drawn = stratified_draw(codes, ids, limit, seed)
    assert len(np.unique(drawn)) == len(drawn) == min(limit, len(ids))
    assert set(drawn.tolist()) <= set(ids.tolist())
    for stratum in np.unique(codes):
        expected = (codes == stratum).sum() * len(drawn) / len(codes)
        assert abs((codes[drawn // 3] == stratum).sum() - expected) <= 1
    np.testing.assert_array_equal(drawn, stratified_draw(codes, ids, limit, seed))


def test_a_draw_without_strata_is_not_the_first_samples() -> None:
    drawn = stratified_draw(None, np.arange(1000), 100)
    assert 400 < drawn.mean() < 600


def test_validation_is_its_share_of_all_samples_not_of_those_outside_the_test_set() -> None:
    split = stratified_split(None, 100, SplitSettings(validation=0.3, test=0.4))
    assert np.bincount(split).tolist() == [30, 30, 40]
