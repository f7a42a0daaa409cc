"""The plan of a training: the samples of each step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.training.config import TrainingConfig
from aeexplorer.training.optimization.plan import Plan


@given(count=st.integers(1, 500), first=st.integers(1, 64), final=st.integers(0, 256), epochs=st.integers(1, 7))
def test_every_epoch_takes_every_sample_once(count: int, first: int, final: int, epochs: int) -> None:
    plan = Plan(count, TrainingConfig(batch_size=first, final_batch_size=final, epochs=epochs))
    batches: dict[int, list[int]] = {}
    for step in range(plan.steps):
        epoch, position = plan.locate(step)
        size = plan.batch_sizes[epoch]
        batches.setdefault(epoch, []).extend(range(count)[position * size : (position + 1) * size])
        assert position < plan.epoch_length(epoch)
    assert batches == {epoch: list(range(count)) for epoch in range(epochs)}
    assert plan.epochs_done(plan.steps) == epochs


def test_epochs_done_count_parts_of_an_epoch() -> None:
    plan = Plan(10, TrainingConfig(batch_size=4, epochs=2))  # three steps an epoch
    assert [plan.epochs_done(step) for step in range(7)] == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])


def test_the_batch_grows_evenly_to_its_final_size() -> None:
    assert Plan(1000, TrainingConfig(batch_size=16, final_batch_size=256, epochs=5)).batch_sizes == [16, 32, 64, 128, 256]
    assert Plan(1000, TrainingConfig(batch_size=16, epochs=3)).batch_sizes == [16, 16, 16]
