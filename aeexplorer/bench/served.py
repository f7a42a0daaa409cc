"""The real app, served from here for a benchmark: a workspace with one run of so many points, and the server's process."""

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

_QUIET = 0.05
"""CPU seconds in two that count as nothing."""


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the server's process so far, to the nanosecond, without its children; Linux only."""
        return time.clock_gettime((~self.pid << 3) | 2)  # its scheduler's clock, as clock_getcpuclockid names it


def example_run(workspace: Workspace, points: int) -> Run:
    """A quickly trained VAE with two latents, over so many labelled pictures."""
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


def crowd_run(workspace: Workspace, points: int) -> Run:
    """A hastily trained VAE with eight latents over so many 8×8 pictures of ten soft shapes."""
    rng = np.random.default_rng(0)
    shapes = rng.uniform(20, 200, (10, 1, 8, 8)).astype(np.float32)
    label = rng.integers(0, 10, points)
    pixels = np.empty((points, 1, 8, 8), np.uint8)
    for some in np.array_split(np.arange(points), -(-points // 50_000)):
        noise = rng.normal(0, 24, (len(some), 1, 8, 8)).astype(np.float32)
        pixels[some] = np.clip(shapes[label[some]] + noise, 0, 255)
    table = pa.table({"source": [f"picture {i}" for i in range(points)], "label": np.array(list("abcdefghij"))[label]})
    split = np.where(np.arange(points) % 10, 0, 2).astype(np.int8)
    dataset = create_dataset(workspace, f"{points:,} points", {"image": NewField("image", pixels, {})}, table, split)
    quick = {"model.network": "dense", "model.hidden": 32, "model.latent_dim": 8, "training.epochs": 1}
    run = new_run(workspace, dataset, "vae", quick | {"training.batch_size": 8_192})
    train(run, "cpu")
    return run


@contextmanager
def serve(workspace: Workspace) -> Iterator[Served]:
    """The command `aeexplorer` on a free port, from the moment it answers."""
    port = free_port()
    program = "import sys; from aeexplorer.cli import main; sys.exit(main())"
    command = ["-c", program, "--port", str(port), "--workspace", str(workspace.root), "--no-browser"]
    with _running(command, port, workspace.root / "server.log") as served:
        yield served


@contextmanager
def serve_peer(positions: np.ndarray, folder: Path) -> Iterator[Served]:
    """The script `peer.py` on a free port, with positions float32 ``(n, 2)`` that are written to `folder`."""
    np.save(folder / "peer.npy", positions)
    port = free_port()
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true", "browser.gatherUsageStats": "false"}
    script = str(Path(__file__).with_name("peer.py"))
    command = ["-m", "streamlit", "run", script, *(f"--{name}={value}" for name, value in options.items())]
    with _running([*command, "--", str(folder / "peer.npy")], port, folder / "peer.log") as served:
        yield served


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _running(command: list[str], port: int, log: Path) -> Iterator[Served]:
    """A server run by Python, from the moment it answers."""
    source = str(Path(aeexplorer.__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink
        )
    served = Served(port, process.pid)
    try:
        while not _answers(served):
            if process.poll() is not None:
                said = log.read_text().strip().rpartition("\n")[2]
                raise UserError(f"the server ended at once: {said}", "Start `aeexplorer` by itself to see why")
            time.sleep(0.02)
        yield served
    finally:
        process.terminate()
        process.wait()


def wait_until_quiet(served: Served) -> None:
    """Wait until the server's children (the projection process, which compiles for a while) are done; Linux only."""
    spent, before = _children_cpu(served.pid), -1.0
    while spent - before > _QUIET:
        time.sleep(2)
        spent, before = _children_cpu(served.pid), spent


def _children_cpu(pid: int) -> float:
    found = Path("/proc").glob(f"{pid}/task/*/children")
    return sum(_cpu_seconds(int(child)) for path in found for child in path.read_text().split())


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _answers(served: Served) -> bool:
    try:
        with urllib.request.urlopen(f"{served.url}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False
