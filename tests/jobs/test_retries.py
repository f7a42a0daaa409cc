"""Retries: delays that double, other activities that go on, and a log that does not repeat tracebacks."""

import logging

import pytest

from aeexplorer.jobs.retries import Retries


class Clock:
    """A clock that the test sets, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_failure_doubles_the_delay_up_to_five_minutes() -> None:
    clock = Clock()
    retries = Retries(clock)
    delays = []
    for _ in range(12):
        with retries.attempt("a", "a failed"):
            raise KeyError("x")
        assert not retries.is_due("a")
        assert retries.is_due("b")
        start = clock.now
        while not retries.is_due("a"):
            clock.now += 0.5
        delays.append(clock.now - start)
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    failure = retries.failure("a")
    assert failure is not None
    assert (failure.count, repr(failure.error)) == (12, "KeyError('x')")
    with retries.attempt("a", "a failed"):
        pass
    assert retries.failure("a") is None
    assert retries.is_due("a")


def test_a_repeated_error_is_logged_in_one_line(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search with one diverged trial logged 1,500 tracebacks in six minutes."""
    monkeypatch.setattr(logging.getLogger("aeexplorer"), "propagate", True)
    caplog.set_level(logging.WARNING, logger="aeexplorer")
    retries = Retries(Clock())
    for error in (KeyError("x"), KeyError("x"), ValueError("y")):
        with retries.attempt("a", "the search a could not be advanced"):
            raise error
    # other threads may log, too, and pytest may hear a logger twice
    records = [record for record in dict.fromkeys(caplog.records) if record.name == "aeexplorer.jobs"]
    assert [record.exc_info is not None for record in records] == [True, False, True]
    assert records[1].getMessage() == "the search a could not be advanced, next attempt in 2 s: 'x'"
