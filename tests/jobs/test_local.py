"""The local executor: the environment of a worker."""

import subprocess
import sys

import pytest

from aeexplorer.core.registry import collect
from aeexplorer.jobs.executors.base import Executor
from aeexplorer.jobs.executors.local import Local
from aeexplorer.jobs.pool import WorkerPool, cores
from tests.jobs.lab import Lab


def test_the_local_executor_is_registered_and_the_default(lab: Lab) -> None:
    assert collect("aeexplorer.jobs.executors", Executor) == {"local": Local}
    pool = WorkerPool(lab.workspace)
    assert 1 <= pool.threads * pool.concurrency <= max(1, cores() // 2)


@pytest.mark.parametrize(("user_value", "expected"), [(None, "3"), ("2", "2")])
def test_a_worker_gets_its_number_of_threads_unless_the_user_set_one(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, user_value: str | None, expected: str
) -> None:
    environment: dict[str, str] = {}
    original = subprocess.Popen

    def popen(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        environment.update(options["env"])  # type: ignore[arg-type]
        assert options["start_new_session"] is True
        return original([sys.executable, "-c", "print('started')"], **options)  # type: ignore[call-overload]

    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
        if user_value:
            monkeypatch.setenv(name, user_value)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/tmp/torchinductor_somebody")  # as torch does where it compiles
    monkeypatch.setattr(subprocess, "Popen", popen)
    run = lab.run()
    worker = Local().start(run.folder, "cpu", 3)
    lab.wait(run, worker.exit_reason)
    assert worker.exit_reason() == "exit code 0"
    threads = environment["OMP_NUM_THREADS"], environment["MKL_NUM_THREADS"]
    assert (*threads, environment["OMP_WAIT_POLICY"]) == (expected, expected, "passive")
    assert environment["TORCHINDUCTOR_CACHE_DIR"] == str(lab.workspace.compiled)
    assert (run.folder / "worker.log").read_text() == "started\n"
