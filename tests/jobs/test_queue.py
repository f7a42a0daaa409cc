"""The queue: first come, first served, and one ticket per run."""

import time

import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.queue import count_start, enqueue, queue_lock, queued_ids, read_tickets, withdraw

IDS = [f"run-{i:012x}" for i in (9, 3, 7, 1, 5)]


def fill(workspace: Workspace, *ids: str) -> None:
    with queue_lock(workspace):
        for run_id in ids:
            enqueue(workspace, run_id, "cpu")


def test_first_come_first_served(workspace: Workspace) -> None:
    fill(workspace, *IDS)
    assert queued_ids(workspace) == IDS
    assert [(t.run_id, t.device, t.starts) for t in read_tickets(workspace)] == [(i, "cpu", 0) for i in IDS]


def test_setting_back_the_clock_does_not_change_the_order(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(workspace, IDS[0])
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    fill(workspace, *IDS[1:])
    assert queued_ids(workspace) == IDS


def test_a_run_has_one_ticket_and_keeps_its_place(workspace: Workspace) -> None:
    fill(workspace, *IDS)
    fill(workspace, IDS[0], IDS[2])
    assert queued_ids(workspace) == IDS


def test_withdrawing_a_run(workspace: Workspace) -> None:
    fill(workspace, *IDS)
    withdraw(workspace, IDS[1])
    withdraw(workspace, "run-ffffffffffff")
    assert queued_ids(workspace) == [IDS[0], *IDS[2:]]


def test_starts_are_counted_unless_the_ticket_was_withdrawn(workspace: Workspace) -> None:
    fill(workspace, *IDS[:2])
    first, second = read_tickets(workspace)
    withdraw(workspace, second.run_id)
    assert count_start(workspace, first)
    assert not count_start(workspace, second)
    assert [(t.run_id, t.starts) for t in read_tickets(workspace)] == [(first.run_id, 1)]


def test_files_that_are_not_tickets_are_skipped(workspace: Workspace) -> None:
    fill(workspace, IDS[0])
    (workspace.queue / "notes.txt").write_text("x")
    (workspace.queue / f"{1:020d}-run-aaaaaaaaaaaa.json").write_text("torn{")
    assert [t.run_id for t in read_tickets(workspace)] == [IDS[0]]
