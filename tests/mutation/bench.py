"""A bench: copies of the working tree, in which tests run while one fault is in place.

Each run of tests is a fork of this process, which has imported the large libraries before, but nothing of aeexplorer.
"""

import gc
import importlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.fault import Fault

LIBRARIES = (
    *("faiss", "numpy", "pandas", "pyarrow.compute", "pydantic", "pytest", "scipy.stats", "sqlalchemy.orm", "torch"),
    *("sklearn.datasets", "sklearn.ensemble", "sklearn.linear_model", "sklearn.manifold", "sklearn.svm"),
    *("torch._dynamo", "torch.distributions", "torch.testing", "vector_quantize_pytorch"),
    *("hypothesis", "hypothesis.extra.numpy", "hypothesis.strategies"),
)
"""Libraries that are imported once, before all tests."""
PYTEST_OPTIONS = ("-n", "0", "-x", "-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Assertions of libraries that are imported already are not rewritten, which matters to nobody here."""
LIMIT_SECONDS = 300
"""Tests that take longer are stopped; the fault then counts as killed, as an endless loop is noticed."""


@dataclass(frozen=True)
class Result:
    """Result of a run of tests with a fault in place, or with none.

    Parameters
    ----------
    fault
        The fault; None for the tests as they are.
    status
        Exit status of pytest: 0 if all tests passed, 1 if one failed.
    seconds
        CPU time of the tests.
    output
        What pytest printed.
    """

    fault: Fault | None
    status: int
    seconds: float
    output: str


@dataclass
class _Running:
    fault: Fault | None
    copy: Path
    started: float


class Bench:
    """Copies of a working tree, one for each worker. The tree itself is never changed."""

    def __init__(self, tree: Path, folder: Path, workers: int) -> None:
        self._idle = [folder / str(worker) for worker in range(workers)]
        self._running: dict[int, _Running] = {}
        for copy in self._idle:
            copy.mkdir()
            shutil.copyfile(tree / "pyproject.toml", copy / "pyproject.toml")
            for package in ("aeexplorer", "tests"):
                shutil.copytree(tree / package, copy / package)
        for library in LIBRARIES:
            importlib.import_module(library)
        gc.freeze()  # the forks need not collect what they share
        assert not any(name.partition(".")[0] == "aeexplorer" for name in sys.modules), "each fork imports its own copy"

    def run(self, jobs: Sequence[tuple[Fault | None, Sequence[str]]]) -> Iterator[Result]:
        """Run tests for each fault (or for None), and yield the results as they come."""
        waiting = list(jobs)[::-1]
        while waiting or self._running:
            while waiting and self._idle:
                self._start(*waiting.pop())
            yield self._next_result()

    def _start(self, fault: Fault | None, tests: Sequence[str]) -> None:
        copy = self._idle.pop()
        if fault is not None:
            path = fault.path(copy)
            path.rename(path.with_suffix(".whole"))
            path.write_text(fault.faulty(path.with_suffix(".whole").read_text("utf-8")), "utf-8")
            os.utime(path, (0, 0))  # no bytecode of the whole module has this time
        child = os.fork()
        if child == 0:
            sys.dont_write_bytecode = fault is not None
            os._exit(_run_pytest(copy, tests))
        self._running[child] = _Running(fault, copy, time.monotonic())

    def _next_result(self) -> Result:
        """Wait until one of the running forks has ended, and take its fault out again."""
        while True:
            child, status, used = os.wait4(-1, os.WNOHANG)
            if child:
                break
            for pid, run in self._running.items():
                if time.monotonic() - run.started > LIMIT_SECONDS:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        run = self._running.pop(child)
        if run.fault is not None:
            path = run.fault.path(run.copy)
            path.with_suffix(".whole").rename(path)
        self._idle.append(run.copy)
        output = (run.copy / "output.txt").read_text("utf-8", errors="replace")
        return Result(run.fault, os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, output)


def _run_pytest(copy: Path, tests: Sequence[str]) -> int:
    """Run tests of a copy in this process, which must be a fork, and return pytest's exit status."""
    import pytest

    os.chdir(copy)
    with Path("output.txt").open("w", encoding="utf-8") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    # the tests and the package come from the copy, here and in the processes that tests start
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    sys.path[:] = [str(copy), *(path for path in sys.path if path not in ("", str(Path(__file__).parents[2])))]
    os.environ["PYTHONPATH"] = str(copy)
    status = pytest.main([*PYTEST_OPTIONS, f"--basetemp={copy / 'temporary'}", *tests])
    sys.stdout.flush()
    return int(status)
