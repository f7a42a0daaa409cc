"""Serve the real app for a benchmark, over a workspace with one run of a given number of samples."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

import aeexplorer
from aeexplorer.bench.training import pictures
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import NewField, create_dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.training.run import Run

_IDLE_CPU_SECONDS = 0.05
"""CPU seconds within two seconds below which the server's children count as idle."""


@dataclass(frozen=True)
class Served:
    """A running server.

    Parameters
    ----------
    port
        Port on this machine.
    pid
        Id of the server's process.
    """

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Address of the pages."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the server's process so far, without its children, in seconds. Linux only."""
        return time.clock_gettime((~self.pid << 3) | 2)  # the process's CPU clock, as clock_getcpuclockid returns it


def train_example_run(workspace: Workspace, points: int) -> Run:
    """Train a VAE with two latents for one epoch on `points` labelled pictures."""
    plain = pictures(workspace, points)
    labels = [str(ink // 8) for ink in np.asarray(plain.main_field.array).mean((1, 2, 3)).astype(int)]
    table = pa.table({"source": plain.table["source"], "label": labels})
    split = np.where(np.arange(points) % 10, 0, 2).astype(np.int8)
    field = NewField("image", np.asarray(plain.main_field.array), {})
    dataset = create_dataset(workspace, f"{points:,} points", {"image": field}, table, split)
    quick = {"model.network": "dense", "model.hidden": 64, "model.latent_dim": 2, "training.epochs": 1}
    run = new_run(workspace, dataset, "vae", quick)
    train(run, "cpu")
    return run


def train_large_run(workspace: Workspace, points: int) -> Run:
    """Train a VAE with eight latents for one epoch on `points` noisy 8×8 pictures of ten shapes."""
    rng = np.random.default_rng(0)
    shapes = rng.uniform(20, 200, (10, 1, 8, 8)).astype(np.float32)
    label = rng.integers(0, 10, points)
    pixels = np.empty((points, 1, 8, 8), np.uint8)
    for rows in np.array_split(np.arange(points), -(-points // 50_000)):
        noise = rng.normal(0, 24, (len(rows), 1, 8, 8)).astype(np.float32)
        pixels[rows] = np.clip(shapes[label[rows]] + noise, 0, 255)
    table = pa.table({"source": [f"picture {i}" for i in range(points)], "label": np.array(list("abcdefghij"))[label]})
    split = np.where(np.arange(points) % 10, 0, 2).astype(np.int8)
    dataset = create_dataset(workspace, f"{points:,} points", {"image": NewField("image", pixels, {})}, table, split)
    quick = {"model.network": "dense", "model.hidden": 32, "model.latent_dim": 8, "training.epochs": 1}
    run = new_run(workspace, dataset, "vae", quick | {"training.batch_size": 8_192})
    train(run, "cpu")
    return run


@contextmanager
def serve(workspace: Workspace) -> Iterator[Served]:
    """Run the command `aeexplorer` on a free port. Yields once the server answers."""
    port = free_port()
    program = "import sys; from aeexplorer.cli import main; sys.exit(main())"
    command = ["-c", program, "--port", str(port), "--workspace", str(workspace.root), "--no-browser"]
    with _run_server(command, port, workspace.root / "server.log") as served:
        yield served


@contextmanager
def serve_peer(positions: np.ndarray, folder: Path) -> Iterator[Served]:
    """Run the script `peer.py` on a free port, with positions, float32 ``(n, 2)``, that are written to `folder`."""
    np.save(folder / "peer.npy", positions)
    port = free_port()
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true", "browser.gatherUsageStats": "false"}
    script = str(Path(__file__).with_name("peer.py"))
    command = ["-m", "streamlit", "run", script, *(f"--{name}={value}" for name, value in options.items())]
    with _run_server([*command, "--", str(folder / "peer.npy")], port, folder / "peer.log") as served:
        yield served


def free_port() -> int:
    """Find a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _run_server(command: list[str], port: int, log: Path) -> Iterator[Served]:
    """Run a server in a Python process. Yields once the server answers."""
    source = str(Path(aeexplorer.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    served = Served(port, process.pid)
    try:
        while not _is_ready(served):
            if process.poll() is not None:
                message = log.read_text().strip().rpartition("\n")[2]
                raise UserError(f"the server ended at once: {message}", "Start `aeexplorer` by itself to see why")
            time.sleep(0.02)
        yield served
    finally:
        process.terminate()
        process.wait()


def wait_until_quiet(served: Served) -> None:
    """Wait until the server's children are idle, such as the projection process, which first compiles. Linux only."""
    cpu_seconds, before = _children_cpu_seconds(served.pid), -1.0
    while cpu_seconds - before > _IDLE_CPU_SECONDS:
        time.sleep(2)
        cpu_seconds, before = _children_cpu_seconds(served.pid), cpu_seconds


def _children_cpu_seconds(pid: int) -> float:
    paths = Path("/proc").glob(f"{pid}/task/*/children")
    return sum(_cpu_seconds(int(child)) for path in paths for child in path.read_text().split())


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _is_ready(served: Served) -> bool:
    try:
        with urllib.request.urlopen(f"{served.url}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False
