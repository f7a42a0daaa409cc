"""Scripts that take turns."""

import threading

import pytest

from aeexplorer.ui.shell.reruns import one_rerun_at_a_time


def test_one_at_a_time_and_the_next_after_a_failure() -> None:
    inside = 0
    most = 0
    go_on = threading.Event()

    @one_rerun_at_a_time
    def script(fail: bool) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        go_on.wait(0.01)
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
    assert (inside, most) == (0, 1)


def test_a_script_may_call_another_within_its_turn() -> None:
    seen = []

    @one_rerun_at_a_time
    def inner() -> None:
        seen.append("inner")

    @one_rerun_at_a_time
    def outer() -> None:
        inner()

    outer()
    assert seen == ["inner"]
