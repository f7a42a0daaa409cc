"""Learning-rate schedules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.training.schedules import SCHEDULES


@pytest.mark.parametrize("name", SCHEDULES)
@given(progress=st.floats(min_value=0, max_value=1))
def test_a_factor_is_between_nothing_and_one(name: str, progress: float) -> None:
    assert 0 <= SCHEDULES[name](progress) <= 1 + 1e-12


def test_one_cycle_rises_over_the_first_tenth_and_falls_to_a_hundredth() -> None:
    factors = [SCHEDULES["one_cycle"](i / 100) for i in range(101)]
    assert factors[:11] == sorted(factors[:11])
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert [factors[0], factors[10], factors[100]] == pytest.approx([0.1, 1.0, 0.01])


def test_cosine_falls_from_one_to_zero_and_constant_stays() -> None:
    assert [SCHEDULES["cosine"](p) for p in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])
    assert {SCHEDULES["constant"](p) for p in (0.0, 0.3, 1.0)} == {1.0}
