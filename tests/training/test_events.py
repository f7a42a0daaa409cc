"""The event log: numbered, append-only, and readable after a writer was killed."""

import math
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aeexplorer.core.disk import DiskFull
from aeexplorer.training import events
from aeexplorer.training.events import EventLog, effective_history, latest_events, read_events
from tests.disks import full_disk


def test_events_are_numbered_over_several_logs(tmp_path: Path) -> None:
    for part in range(2):
        with EventLog(tmp_path) as log:
            log.append("progress", step=part)
            log.append("snapshot")
    log_events = read_events(tmp_path / "events.jsonl")
    assert [e["seq"] for e in log_events] == [0, 1, 2, 3]
    assert [e["seq"] for e in read_events(tmp_path / "events.jsonl", after=1)] == [2, 3]


@given(cut=st.integers(min_value=1, max_value=40))
def test_an_incomplete_line_is_skipped_and_the_next_one_is_complete(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("run")
    with EventLog(folder) as log:
        log.append("started", step=0)
        log.append("progress", step=1, note="x" * 30)
    path = folder / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    with EventLog(folder) as log:
        log.append("resumed", step=0)
    log_events = read_events(path)
    whole = cut == 1  # only the line's end was lost
    assert [e["kind"] for e in log_events] == ["started"] + ["progress"] * whole + ["resumed"]
    assert [e["seq"] for e in log_events] == list(range(len(log_events)))


def test_damaged_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(
        b'{"seq":0,"kind":"started"}\n\0\0\0\n[1]\n{"seq":"x","kind":"progress"}\n\xff\n{"seq":5,"kind":"progress"}\n'
    )
    assert [e["seq"] for e in read_events(path)] == [0, 5]


@pytest.mark.parametrize("after", [0, 3, 400])
def test_the_latest_events_reach_back_to_the_last_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(events, "TAIL_BYTES", 64)
    with EventLog(tmp_path) as log:
        for step in range(200):
            log.append("progress", step=step)
        for _ in range(after):
            log.append("snapshot", padding="y" * 50)
    path = tmp_path / "events.jsonl"
    latest = latest_events(path)
    everything = read_events(path)
    assert latest == everything[-len(latest) :]
    assert [e["step"] for e in latest if e["kind"] == "progress"][-1] == 199
    assert len(orjson.dumps(latest)) < path.stat().st_size or after == 400


def test_a_missing_log_has_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path / "events.jsonl") == []
    assert latest_events(tmp_path / "events.jsonl") == []


def test_steps_that_were_trained_again_count_once() -> None:
    log = [{"kind": "started"}, *({"kind": "progress", "step": s, "by": 1} for s in (1, 2, 3))]
    log += [{"kind": "resumed", "step": 2}, {"kind": "progress", "step": 3, "by": 2}]
    assert [(e["step"], e["by"]) for e in effective_history(log)] == [(1, 1), (2, 1), (3, 2)]
    log += [{"kind": "started", "step": 0}, {"kind": "progress", "step": 1, "by": 3}]
    assert [(e["step"], e["by"]) for e in effective_history(log)] == [(1, 3)]


def test_numbers_that_are_not_finite_are_null_in_the_file_and_nan_in_memory(tmp_path: Path) -> None:
    """Readers formatted None or took its float, and broke."""
    path = tmp_path / "events.jsonl"
    with EventLog(tmp_path) as log:
        log.append(
            "progress", step=1, losses={"loss": math.inf, "kl": 1.0}, metrics={"mse": np.float32("nan")}, seconds_left=None
        )
    assert b'"losses":{"loss":null,"kl":1.0},"metrics":{"mse":null}' in path.read_bytes()
    for (event,) in (read_events(path), latest_events(path)):
        assert math.isnan(event["losses"]["loss"])
        assert event["losses"]["kl"] == 1.0
        assert math.isnan(event["metrics"]["mse"])
        assert event["seconds_left"] is None


def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventLog(tmp_path) as log:
        log.append("started")
        size = path.stat().st_size
        with full_disk(free=size + 50), pytest.raises(DiskFull):
            log.append("progress", padding="y" * 500)
        assert path.stat().st_size == size
        log.append("paused")
    assert [(event["seq"], event["kind"]) for event in read_events(path)] == [(0, "started"), (1, "paused")]
