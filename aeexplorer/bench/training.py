"""Our `fit` against the usual Dataset + DataLoader loop, Lightning and Keras, with the same model, in one process, on one thread.

All train the same `Autoencoder` on the same pictures with batches of 128 and Adam; ours with bfloat16 products where the
processor has AMX (see `aeexplorer.training.trainer.mixed_precision_pays`). They take turns, round by round, and
the medians of their samples per CPU second count. That the speed is not bought with quality is seen from the CPU seconds
in which either gets to the same loss on pictures held out, that of the usual loop after some epochs, too few to be compiled.
The pictures are MNIST's where they are on this machine, else generated ones of the same form.
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
from aeexplorer.bench.peers import installed, usual
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

ASKED = {"dense-ae": 4.2, "conv-ae": 2.0, "vq-vae": 1.7}
PEERS_ASKED = {
    "lightning": {"dense-ae": 4.4, "conv-ae": 2.0, "vq-vae": 1.7},
    "keras": {"dense-ae": 4.2, "conv-ae": 2.0, "vq-vae": 1.7},
}
TO_LOSS_ASKED = 2.0
TO_LOSS = (60_000, 9)
"""Training samples and epochs of the usual loop, whose held-out loss is to be reached."""
HELD_OUT = 2_000
CROWDED_ASKED = 2.5
BATCH = 128


def measure(samples: int, rounds: int) -> list[Figure]:
    """The ratio of the loops for a dense, a convolutional and a VQ autoencoder, and for the second the way to the same loss.

    Parameters
    ----------
    samples
        Training samples; each round passes over them once.
    rounds
        Rounds of each loop.
    """
    figures = []
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, _as_in_a_new_worker(Path(folder)):
        dataset = pictures(Workspace.open(Path(folder) / "workspace"), samples)
        write_idx(Path(folder) / "MNIST" / "raw", dataset)
        for preset, asked in ASKED.items():
            code = {} if preset == "vq-vae" else {"model.latent_dim": 16}
            config = config_for(preset, dataset, {"training.epochs": 1, "training.batch_size": BATCH, **code})
            against = {"usual": usual, **installed()}
            first, later = (_epochs(config.replace({"training.epochs": epochs}), dataset) for epochs in (rounds + 1, 10_000))
            started = _all_cpu_seconds()
            later()()
            compiling = _all_cpu_seconds() - started
            loops: dict[str, Callable[[], Callable[[], object]]] = {"first": first, "later": later}
            loops |= {name: partial(ready, config, dataset, Path(folder)) for name, ready in against.items()}
            pace = _take_turns(loops, samples, rounds)
            ours, crowded = pace["later"], _slowdown(loops["later"])
            figures += [
                Figure(f"{preset}: fit, at first", pace["first"], "samples per CPU second"),
                Figure(f"{preset}: fit, once compiled", ours, "samples per CPU second"),
                Figure(f"{preset}: compiling, beyond an epoch", compiling - samples / ours, "CPU s"),
                Figure(f"{preset}: the usual loop", pace["usual"], "samples per CPU second"),
                Figure(f"{preset}: fit at first, against the usual loop", pace["first"] / pace["usual"], "times"),
                Figure(f"{preset}: fit against the usual loop", ours / pace["usual"], "times", asked, "more"),
                *(_beside(preset, name, ours, pace.get(name)) for name in PEERS_ASKED),
                Figure(f"{preset}: fit while two other processes are busy", crowded, "times the time", CROWDED_ASKED),
            ]
        figures += to_loss(Path(folder), *TO_LOSS)
    return figures


def _beside(preset: str, name: str, ours: float, theirs: float | None) -> Figure:
    ratio, asked = None if theirs is None else ours / theirs, PEERS_ASKED[name][preset]
    return Figure(f"{preset}: fit against {name.title()}", ratio, "times", asked, "more", f"needs `pip install {name}`")


def to_loss(folder: Path, samples: int, epochs: int) -> list[Figure]:
    """CPU seconds in which the usual loop and `fit` get a convolutional autoencoder to the same loss on pictures held out.

    Each trains as it does by itself: the loop at a constant rate, `fit` by its default schedule for as many epochs. The
    loop's seconds are those of its epochs, without measuring the loss; ours go on until the validation at the end of an
    epoch has found one as low, and include it.

    Parameters
    ----------
    folder
        An empty one, or that of `measure`.
    samples, epochs
        Training samples, and how often the loop passes over them.
    """
    dataset = pictures(Workspace.open(folder / "held out"), samples, HELD_OUT)
    write_idx(folder / "held out" / "MNIST" / "raw", dataset)
    changes = {"training.epochs": epochs, "training.batch_size": BATCH, "model.latent_dim": 16}
    config = config_for("conv-ae", dataset, changes)
    loop = usual(config, dataset, folder / "held out")
    started = _all_cpu_seconds()
    model = loop()
    theirs = _all_cpu_seconds() - started
    trainer = prepare(config, dataset, torch.device("cpu"))
    target = evaluate(model, trainer.data, dataset.ids("validation")).loss
    started = _all_cpu_seconds()
    reached = any(snapshot.metrics.get("validation_loss", math.inf) <= target for snapshot in fit(trainer))
    ours = _all_cpu_seconds() - started
    note = f"at the end the lowest loss {trainer.lowest_loss:.2f} was not down to {target:.2f}"
    return [
        Figure("conv-ae: CPU seconds of the usual loop to its held-out loss", theirs, "s"),
        Figure(
            f"conv-ae: CPU seconds of fit to that loss, in {trainer.epoch:.0f} of {epochs} epochs",
            ours if reached else None,
            "s",
            note=note,
        ),
        Figure("conv-ae: how many times fewer", theirs / ours if reached else None, "times", TO_LOSS_ASKED, "more", note),
    ]


def _take_turns(loops: Mapping[str, Callable[[], Callable[[], object]]], samples: int, rounds: int) -> dict[str, float]:
    paces: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):
        for name, ready in loops.items():
            loop = ready()
            started = time.process_time()
            loop()
            if turn:  # the first round warms up
                paces[name].append(samples / (time.process_time() - started))
    return {name: median(found) for name, found in paces.items()}


def _slowdown(ready: Callable[[], Callable[[], object]]) -> float:
    """How many times as long a round takes while two other processes keep the processor busy."""

    def seconds() -> float:
        loop, started = ready(), time.perf_counter()
        loop()
        return time.perf_counter() - started

    alone = seconds()
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        return seconds() / alone
    finally:
        for other in others:
            other.kill()
            other.wait()


def _epochs(config: RunConfig, dataset: Dataset) -> Callable[[], Callable[[], object]]:
    """What gives what trains one epoch more at each call; of a training so long that it is compiled, those after that."""
    trainer = prepare(config, dataset, torch.device("cpu"))
    training = fit(trainer)
    if (begin := first_compiled_step(trainer)) is not None:
        next(training)  # only a step that is not the first is compiled
        trainer.step = begin
    return lambda: lambda: next(snapshot for snapshot in training if snapshot.end_of_epoch)


def _all_cpu_seconds() -> float:
    """Of this process and of its children that have ended, such as a compiler."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def pictures(workspace: Workspace, samples: int, held_out: int = 0) -> Dataset:
    """So many grey 28×28 training pictures, and some to validate on: the first of MNIST, or soft random blobs."""
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
    """The dataset's training pictures as the four files that torchvision's MNIST reads."""
    folder.mkdir(parents=True)
    pixels = np.asarray(dataset.main_field.array)[dataset.ids("train"), 0]
    for part, shown in (("train", pixels), ("t10k", pixels[:1])):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *shown.shape) + shown.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(shown)) + bytes(len(shown)))


@contextmanager
def _as_in_a_new_worker(folder: Path) -> Iterator[None]:
    """One thread, and nothing compiled yet."""
    threads, kept = torch.get_num_threads(), os.environ.get("TORCHINDUCTOR_CACHE_DIR")
    torch.set_num_threads(1)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "compiled")
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        os.environ.pop("TORCHINDUCTOR_CACHE_DIR")
        if kept is not None:
            os.environ["TORCHINDUCTOR_CACHE_DIR"] = kept
