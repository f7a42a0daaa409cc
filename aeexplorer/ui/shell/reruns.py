"""Reruns of a page take turns: side by side they would share one interpreter, and all of them end last."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")

_TURN = threading.RLock()


def one_rerun_at_a_time(script: Callable[P, None]) -> Callable[P, None]:
    """Let a page's script run only while no other one that takes turns does; for scripts that never wait for anything.

    Of many sessions that rerun at once, half are then answered in half the time that all of them take together.
    """

    @wraps(script)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> None:
        with _TURN:
            script(*args, **kwargs)

    return waiting
