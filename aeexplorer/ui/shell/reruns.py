"""A lock for reruns of a page. Reruns at the same time would share one interpreter, and all of them would end late."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

P = ParamSpec("P")

_LOCK = threading.RLock()


def one_rerun_at_a_time(script: Callable[P, None]) -> Callable[P, None]:
    """Decorate a page's script so that only one decorated script runs at a time. The script must not wait for anything.

    If many sessions rerun at the same time, half of them get their answer in half the time that all of them need together.
    """

    @wraps(script)
    def locked(*args: P.args, **kwargs: P.kwargs) -> None:
        with _LOCK:
            script(*args, **kwargs)

    return locked
