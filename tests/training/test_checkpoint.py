"""Checkpoints: round trip, damage, and which ones are kept."""

import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from aeexplorer.core.disk import DiskFull
from aeexplorer.core.errors import UserError
from aeexplorer.training.checkpoint import (
    Checkpoint,
    describe_damage,
    find_damage,
    load_checkpoint,
    load_weights,
    save_checkpoint,
)
from tests.disks import full_disk


def checkpoint(step: int) -> Checkpoint:
    return Checkpoint(
        weights={"a": torch.full((2, 3), float(step)), "flag": torch.tensor(True)},
        optimizer={"0.exp_avg": torch.ones(2, 3), "0.step": torch.tensor(float(step))},
        sums={"loss": torch.tensor(0.1)},
        generator=torch.get_rng_state(),
        state={"step": step, "best": None},
    )


def test_round_trip(tmp_path: Path) -> None:
    stored = checkpoint(7)
    save_checkpoint(tmp_path, stored)
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert loaded.state == stored.state
    for part in ("weights", "optimizer", "sums"):
        before, after = getattr(stored, part), getattr(loaded, part)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[k], after[k]) and before[k].dtype == after[k].dtype for k in before)
    assert torch.equal(loaded.generator, stored.generator)


def test_the_newest_two_are_kept(tmp_path: Path) -> None:
    for step in (1, 2, 30):
        save_checkpoint(tmp_path, checkpoint(step))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000002", "000000030"]


@pytest.mark.parametrize("name", ["weights.safetensors", "training.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_damaged_checkpoint_falls_back_to_the_previous_one(tmp_path: Path, name: str, harm: str) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    save_checkpoint(tmp_path, checkpoint(2))
    path = tmp_path / "000000002" / name
    content = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if harm == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert loaded.state["step"] == 1
    assert len(describe_damage(tmp_path)) == 1
    assert describe_damage(tmp_path)[0].startswith("checkpoint 2: ")


def test_a_checkpoint_of_an_earlier_step_replaces_later_ones(tmp_path: Path) -> None:
    for step in (1, 5):
        save_checkpoint(tmp_path, checkpoint(step))
    (tmp_path / "000000005" / "state.json").write_bytes(b"{}")
    save_checkpoint(tmp_path, checkpoint(3))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000001", "000000003"]


def test_writing_the_same_step_again_keeps_the_valid_checkpoint(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(4))
    before = (tmp_path / "000000004" / "manifest.json").stat().st_ino
    save_checkpoint(tmp_path, checkpoint(4))
    assert (tmp_path / "000000004" / "manifest.json").stat().st_ino == before
    assert find_damage(tmp_path / "000000004") is None


def test_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "none") is None
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"weight": torch.ones(2, 3)}, "no tensor 'bias'"),
        ({"weight": torch.ones(3, 2), "bias": torch.ones(2)}, r"\(3, 2\) instead of \(2, 3\)"),
        ({"weight": torch.ones(2, 3), "bias": torch.ones(2), "more": torch.ones(1)}, "'more' that the model lacks"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(weights: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_weights(torch.nn.Linear(3, 2), weights)


def test_a_full_disk_leaves_the_previous_checkpoint_and_nothing_half_written(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, checkpoint(1))
    large = checkpoint(2)
    large.optimizer["0.exp_avg"] = torch.ones(100_000)
    with full_disk(), pytest.raises(DiskFull):
        save_checkpoint(tmp_path, large)
    assert [path.name for path in tmp_path.iterdir()] == ["000000001"]
    save_checkpoint(tmp_path, large)
    assert load_checkpoint(tmp_path).state["step"] == 2  # type: ignore[union-attr]


def test_a_kill_at_any_moment_leaves_a_checkpoint_that_loads(tmp_path: Path) -> None:
    """A child process is killed before one of its calls of compiled functions, for 25 of them that are spread over the saving."""
    calls = [0]

    def count(frame: object, event: str, argument: object) -> None:
        calls[0] += event == "c_call"

    save_checkpoint(tmp_path / "counted", checkpoint(1))
    save_checkpoint(tmp_path / "counted", checkpoint(2))
    sys.setprofile(count)
    save_checkpoint(tmp_path / "counted", checkpoint(3))
    sys.setprofile(None)
    assert calls[0] > 200

    steps = set()
    for number in range(25):
        folder = tmp_path / str(number)
        save_checkpoint(folder, checkpoint(2))
        _kill_before_call(round(number * calls[0] / 24), lambda folder=folder: save_checkpoint(folder, checkpoint(3)))
        loaded = load_checkpoint(folder)
        assert loaded is not None
        assert torch.equal(loaded.weights["a"], torch.full((2, 3), float(loaded.state["step"])))
        steps.add(loaded.state["step"])
        save_checkpoint(folder, checkpoint(4))  # the next save mends what the kill left
        assert load_checkpoint(folder).state["step"] == 4  # type: ignore[union-attr]
        assert len(list(folder.iterdir())) == 2
    assert steps == {2, 3}


def _kill_before_call(number: int, function: Callable[[], None]) -> None:
    """Run a function in a child process, which is killed before its call number so many of a compiled function."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # the threads of others do not matter here
        child = os.fork()
    if child == 0:
        left = [number]

        def kill(frame: object, event: str, argument: object) -> None:
            left[0] -= event == "c_call"
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(kill)
        try:
            function()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
