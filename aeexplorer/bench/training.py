"""Compare our `fit` with a plain Dataset + DataLoader loop, Lightning and Keras, in one process on one thread.

All loops train the same `Autoencoder` on the same pictures with batches of 128 and Adam. Ours multiplies in bfloat16 if the
processor has AMX (see `aeexplorer.training.trainer.mixed_precision_pays`). The loops run in turn, round by round, and the
medians of their samples per CPU second are compared.

A second comparison shows that the speed does not cost quality: the CPU seconds in which the plain loop and `fit` reach the same
loss on held-out pictures, namely the loss of the plain loop after a few epochs, too few for `fit` to compile.

The pictures are those of MNIST if they are on this machine, otherwise generated pictures of the same shape.
"""

import math
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import torch

from aeexplorer.bench import Figure
from aeexplorer.bench.peers import installed_peers, plain
from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.evaluation import evaluate
from aeexplorer.training.loop import fit
from aeexplorer.training.step import first_compiled_step
from aeexplorer.training.trainer import prepare

TARGETS = {"dense-ae": 4.2, "conv-ae": 2.0, "vq-vae": 1.7}
PEER_TARGETS = {
    "lightning": {"dense-ae": 4.4, "conv-ae": 2.0, "vq-vae": 1.7},
    "keras": {"dense-ae": 4.2, "conv-ae": 2.0, "vq-vae": 1.7},
}
TO_LOSS_TARGET = 2.0
TO_LOSS_SETTINGS = (60_000, 9)
"""Training samples and epochs of the plain loop, whose held-out loss `fit` must reach."""
HELD_OUT = 2_000
BUSY_TARGET = 2.5
BATCH_SIZE = 128


def measure(samples: int, rounds: int) -> list[Figure]:
    """Compare the loops for a dense, a convolutional and a VQ autoencoder, and the time to the same loss for the second.

    Parameters
    ----------
    samples
        Training samples. Each round is one epoch over them.
    rounds
        Rounds per loop.
    """
    figures = []
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, _fresh_worker_settings(Path(folder)):
        dataset = pictures(Workspace.open(Path(folder) / "workspace"), samples)
        write_idx(Path(folder) / "MNIST" / "raw", dataset)
        for preset, target in TARGETS.items():
            code = {} if preset == "vq-vae" else {"model.latent_dim": 16}
            config = config_for(preset, dataset, {"training.epochs": 1, "training.batch_size": BATCH_SIZE, **code})
            against = {"plain": plain, **installed_peers()}
            first, later = (_prepare_fit(config.replace({"training.epochs": epochs}), dataset) for epochs in (rounds + 1, 10_000))
            started = _all_cpu_seconds()
            later()()
            compiling = _all_cpu_seconds() - started
            loops: dict[str, Callable[[], Callable[[], object]]] = {"first": first, "later": later}
            loops |= {name: partial(prepare_loop, config, dataset, Path(folder)) for name, prepare_loop in against.items()}
            rates = _measure_rates(loops, samples, rounds)
            ours, slowdown = rates["later"], _slowdown(loops["later"])
            figures += [
                Figure(f"{preset}: fit, at first", rates["first"], "samples per CPU second"),
                Figure(f"{preset}: fit, once compiled", ours, "samples per CPU second"),
                Figure(f"{preset}: compiling, beyond an epoch", compiling - samples / ours, "CPU s"),
                Figure(f"{preset}: plain loop", rates["plain"], "samples per CPU second"),
                Figure(f"{preset}: speed-up of fit over the plain loop, at first", rates["first"] / rates["plain"], "times"),
                Figure(f"{preset}: speed-up of fit over the plain loop", ours / rates["plain"], "times", target, "more"),
                *(_compare_peer(preset, name, ours, rates.get(name)) for name in PEER_TARGETS),
                Figure(f"{preset}: time of fit while two other processes are busy", slowdown, "times", BUSY_TARGET),
            ]
        figures += compare_time_to_loss(Path(folder), *TO_LOSS_SETTINGS)
    return figures


def _compare_peer(preset: str, name: str, ours: float, theirs: float | None) -> Figure:
    ratio, target = None if theirs is None else ours / theirs, PEER_TARGETS[name][preset]
    return Figure(f"{preset}: speed-up of fit over {name.title()}", ratio, "times", target, "more", f"needs `pip install {name}`")


def compare_time_to_loss(folder: Path, samples: int, epochs: int) -> list[Figure]:
    """Compare the CPU seconds in which the plain loop and `fit` bring a convolutional autoencoder to the same held-out loss.

    The plain loop trains with a constant learning rate, `fit` with its default schedule for the same number of epochs. The
    seconds of the loop are those of its epochs, without a validation. The seconds of `fit` end with the first epoch whose
    validation loss is as low, and include its validations.

    Parameters
    ----------
    folder
        A folder for temporary files; empty, or that of `measure`.
    samples
        Training samples.
    epochs
        Epochs of both loops.
    """
    dataset = pictures(Workspace.open(folder / "held out"), samples, HELD_OUT)
    write_idx(folder / "held out" / "MNIST" / "raw", dataset)
    changes = {"training.epochs": epochs, "training.batch_size": BATCH_SIZE, "model.latent_dim": 16}
    config = config_for("conv-ae", dataset, changes)
    loop = plain(config, dataset, folder / "held out")
    started = _all_cpu_seconds()
    model = loop()
    theirs = _all_cpu_seconds() - started
    trainer = prepare(config, dataset, torch.device("cpu"))
    target = evaluate(model, trainer.data, dataset.ids("validation")).loss
    started = _all_cpu_seconds()
    reached = any(snapshot.metrics.get("validation_loss", math.inf) <= target for snapshot in fit(trainer))
    ours = _all_cpu_seconds() - started
    note = f"the lowest loss of fit, {trainer.lowest_loss:.2f}, did not reach {target:.2f}"
    return [
        Figure("conv-ae: CPU seconds of the plain loop to its held-out loss", theirs, "s"),
        Figure(
            f"conv-ae: CPU seconds of fit to that loss, in {trainer.epoch:.0f} of {epochs} epochs",
            ours if reached else None,
            "s",
            note=note,
        ),
        Figure("conv-ae: speed-up of fit", theirs / ours if reached else None, "times", TO_LOSS_TARGET, "more", note),
    ]


def _measure_rates(loops: Mapping[str, Callable[[], Callable[[], object]]], samples: int, rounds: int) -> dict[str, float]:
    """Run the loops in turn, and return the median samples per CPU second of each."""
    rates_per_round: dict[str, list[float]] = {name: [] for name in loops}
    for i in range(rounds + 1):
        for name, prepare_loop in loops.items():
            loop = prepare_loop()
            started = time.process_time()
            loop()
            if i:  # the first round warms up
                rates_per_round[name].append(samples / (time.process_time() - started))
    return {name: median(rates) for name, rates in rates_per_round.items()}


def _slowdown(prepare_loop: Callable[[], Callable[[], object]]) -> float:
    """Return the time of a round while two other processes are busy, relative to the time of a round alone."""

    def seconds() -> float:
        loop, started = prepare_loop(), time.perf_counter()
        loop()
        return time.perf_counter() - started

    alone = seconds()
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        return seconds() / alone
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _prepare_fit(config: RunConfig, dataset: Dataset) -> Callable[[], Callable[[], object]]:
    """Start a training whose loops train one more epoch per call. A training long enough to be compiled starts compiled."""
    trainer = prepare(config, dataset, torch.device("cpu"))
    training = fit(trainer)
    if (begin := first_compiled_step(trainer)) is not None:
        next(training)  # the first step is never compiled
        trainer.step = begin
    return lambda: lambda: next(snapshot for snapshot in training if snapshot.end_of_epoch)


def _all_cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its finished children, such as a compiler."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def pictures(workspace: Workspace, samples: int, held_out: int = 0) -> Dataset:
    """Create a dataset of grey 28×28 pictures: the first ones of MNIST, or blurred random blobs.

    Parameters
    ----------
    workspace
        The workspace to store the dataset in.
    samples
        Number of training samples.
    held_out
        Number of validation samples.
    """
    splits = np.repeat(np.array([0, 1], np.int8), [samples, held_out])
    samples += held_out
    try:
        pixels = np.array(load_builtin_dataset(workspace, "mnist").main_field.array[:samples])
    except UserError:
        rng = np.random.default_rng(0)
        grid = np.arange(28)
        centres, widths = rng.uniform(8, 20, (samples, 2, 1)), rng.uniform(2, 6, (samples, 2, 1))
        rows, columns = np.exp(-(((grid - centres) / widths) ** 2)).swapaxes(0, 1)
        pixels = (255 * rows[:, :, None] * columns[:, None]).astype(np.uint8)[:, None]
    table = pa.table({"source": [f"picture {i}" for i in range(samples)]})
    return create_dataset(workspace, "pictures", {"image": NewField("image", pixels, {})}, table, splits)


def write_idx(folder: Path, dataset: Dataset) -> None:
    """Write the training pictures of a dataset as the four files that torchvision's MNIST reads."""
    folder.mkdir(parents=True)
    pixels = np.asarray(dataset.main_field.array)[dataset.ids("train"), 0]
    for part, images in (("train", pixels), ("t10k", pixels[:1])):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *images.shape) + images.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(images)) + bytes(len(images)))


@contextmanager
def _fresh_worker_settings(folder: Path) -> Iterator[None]:
    """Use one thread and an empty compiler cache, as in a new worker."""
    threads, cache_folder = torch.get_num_threads(), os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    torch.set_num_threads(1)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "compiled")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        os.environ.pop("TORCHINDUCTOR_CACHE_DIR")
        if cache_folder is not None:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = cache_folder
