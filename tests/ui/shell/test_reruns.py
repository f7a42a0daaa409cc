"""Scripts that run one at a time."""

import threading

import pytest

from aeexplorer.ui.shell.reruns import one_rerun_at_a_time


def test_one_script_runs_at_a_time_also_after_a_failure() -> None:
    inside = 0
    highest = 0
    never_set = threading.Event()

    @one_rerun_at_a_time
    def script(fail: bool) -> None:
        nonlocal inside, highest
        inside += 1
        highest = max(highest, inside)
        never_set.wait(0.01)
        inside -= 1
        if fail:
            raise ValueError

    threads = [threading.Thread(target=script, args=(False,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    with pytest.raises(ValueError):
        script(True)
    for thread in threads:
        thread.join()
    assert (inside, highest) == (0, 1)


def test_a_script_may_call_another_script() -> None:
    calls = []

    @one_rerun_at_a_time
    def inner() -> None:
        calls.append("inner")

    @one_rerun_at_a_time
    def outer() -> None:
        inner()

    outer()
    assert calls == ["inner"]
