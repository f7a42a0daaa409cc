"""The queue: first come, first served, and one ticket per run."""

import time

import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.queue import count_start, enqueue, forgive_start, queue_lock, queued_ids, read_tickets, withdraw

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
    (workspace.queue / f"{1:020d}-run-aaaaaaaaaaaa.json").mkdir()
    (workspace.queue / f"{2:020d}-search-aaaaaaaaaaaa.json").write_text("{}")
    assert [t.run_id for t in read_tickets(workspace)] == queued_ids(workspace) == [IDS[0]]


@pytest.mark.parametrize("content", [b"", b"torn{", b"[]", b'{"device": "cpu"}', b'{"device": "cpu", "starts": null}', b"\xff"])
def test_a_run_with_a_damaged_ticket_waited_for_ever(workspace: Workspace, content: bytes) -> None:
    """It was listed as waiting, but no worker was started for it, and it could not be queued again."""
    fill(workspace, *IDS[:2])
    read_tickets(workspace)[0].path.write_bytes(content)
    fill(workspace, IDS[0])
    assert [(t.run_id, t.starts) for t in read_tickets(workspace)] == [(IDS[0], 0), (IDS[1], 0)]
    assert count_start(workspace, read_tickets(workspace)[0])
    assert read_tickets(workspace)[0].starts == 1


def test_a_clean_stop_takes_back_the_start_of_a_worker(workspace: Workspace) -> None:
    fill(workspace, *IDS[:2])
    for _ in range(2):
        count_start(workspace, read_tickets(workspace)[0])
    forgive_start(workspace, IDS[0])
    forgive_start(workspace, IDS[1])
    assert [(t.run_id, t.device, t.starts) for t in read_tickets(workspace)] == [(IDS[0], "cpu", 1), (IDS[1], "cpu", 0)]
