"""Executor for workers on this machine. They outlive the process that starts them."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import aeexplorer
from aeexplorer.core.workspace import Workspace
from aeexplorer.jobs.executors.base import Executor, Worker


class LocalWorker:
    """A worker in a child process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def exit_reason(self) -> str | None:
        """Return for example ``exit code 1`` or ``killed by signal 9``; None while the process runs."""
        code = self._process.poll()
        if code is None:
            return None
        return f"exit code {code}" if code >= 0 else f"killed by signal {-code}"


class Local(Executor):
    """An executor that starts a subprocess in its own process session. The output goes to the run's ``worker.log``."""

    name = "local"

    def start(self, run_folder: Path, device: str, threads: int) -> Worker:
        command = [sys.executable, "-m", "aeexplorer.jobs.worker", str(run_folder), "--device", device]
        environment = _environment(threads, Workspace(run_folder.parent.parent))
        with (run_folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        threading.Thread(target=process.wait, name=f"worker {run_folder.name}", daemon=True).start()  # avoids a zombie
        return LocalWorker(process)


def _environment(threads: int, workspace: Workspace) -> dict[str, str]:
    """Return the environment of a worker: that of this process, with its number of threads unless the user set one."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.setdefault(name, str(threads))
    environment.setdefault("OMP_WAIT_POLICY", "passive")
    environment.setdefault("MALLOC_MMAP_THRESHOLD_", str(2**25))  # glibc: keep the memory of one step for the next
    environment.setdefault("MALLOC_TRIM_THRESHOLD_", str(2**30))
    environment.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # required by deterministic trainings on CUDA
    environment["TORCHINDUCTOR_CACHE_DIR"] = str(workspace.compiled)  # torch's default is a folder that other users may write to
    source = str(Path(aeexplorer.__file__).parent.parent)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [source, environment.get("PYTHONPATH")]))
    return environment
