"""Our `fit` against the usual Dataset + DataLoader loop, and Lightning, with the same model, in one process, on one thread.

All train the same `Autoencoder` on the same pictures with batches of 128 and Adam; ours with bfloat16 products where the
processor has AMX (see `aeexplorer.training.trainer.mixed_precision_pays`). They take turns, round by round, and
the medians of their samples per CPU second count. The pictures are MNIST's where they are on this machine, else generated
ones of the same form.
"""

import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from aeexplorer.bench import Figure
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.library import load_sample
from aeexplorer.errors import UserError
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.loop import fit
from aeexplorer.training.trainer import prepare
from aeexplorer.workspace import Workspace

ASKED = {"dense-ae": 4.2, "conv-ae": 2.0, "vq-vae": 1.7}
LIGHTNING_ASKED = {"dense-ae": 4.4, "conv-ae": 2.0, "vq-vae": 1.7}
CROWDED_ASKED = 2.5
BATCH = 128


def measure(samples: int, rounds: int) -> list[Figure]:
    """The ratio of the two loops for a dense and a convolutional autoencoder.

    Parameters
    ----------
    samples
        Training samples; each round passes over them once.
    rounds
        Rounds of each loop.
    """
    figures = []
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder, _one_thread():
        dataset = pictures(Workspace.open(Path(folder) / "workspace"), samples)
        write_idx(Path(folder) / "MNIST" / "raw", dataset)
        for preset, asked in ASKED.items():
            code = {} if preset == "vq-vae" else {"model.latent_dim": 16}
            config = config_for(preset, dataset, {"training.epochs": 1, "training.batch_size": BATCH, **code})
            loops = {"ours": partial(_ours, config, dataset), "usual": partial(_usual, config, dataset, Path(folder))}
            if find_spec("lightning"):
                loops["lightning"] = partial(_lightning, config, dataset, Path(folder))
            pace = _take_turns(loops, samples, rounds)
            ours, note = pace["ours"], "needs `pip install lightning`"
            beside = ours / pace["lightning"] if "lightning" in pace else None
            crowded = _slowdown(loops["ours"])
            figures += [
                Figure(f"{preset}: fit", ours, "samples per CPU second"),
                Figure(f"{preset}: the usual loop", pace["usual"], "samples per CPU second"),
                Figure(f"{preset}: fit against the usual loop", ours / pace["usual"], "times", asked, "more"),
                Figure(f"{preset}: fit against Lightning", beside, "times", LIGHTNING_ASKED[preset], "more", note),
                Figure(f"{preset}: fit while two other processes are busy", crowded, "times the time", CROWDED_ASKED),
            ]
    return figures


def _take_turns(loops: Mapping[str, Callable[[], Callable[[], None]]], samples: int, rounds: int) -> dict[str, float]:
    paces: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):
        for name, ready in loops.items():
            loop = ready()
            started = time.process_time()
            loop()
            if turn:  # the first round warms up
                paces[name].append(samples / (time.process_time() - started))
    return {name: median(found) for name, found in paces.items()}


def _slowdown(ready: Callable[[], Callable[[], None]]) -> float:
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


def _ours(config: RunConfig, dataset: Dataset) -> Callable[[], None]:
    trainer = prepare(config, dataset, torch.device("cpu"))

    def loop() -> None:
        for _ in fit(trainer):
            pass

    return loop


def _loader(folder: Path) -> DataLoader[tuple[Tensor, int]]:
    from torchvision import transforms
    from torchvision.datasets import MNIST

    return DataLoader(MNIST(folder, train=True, transform=transforms.ToTensor()), batch_size=BATCH, shuffle=True)


def _lightning(config: RunConfig, dataset: Dataset, folder: Path) -> Callable[[], None]:
    """The same with Lightning's trainer, whose extras (logger, checkpoints, progress bar) are switched off."""
    import lightning

    class Module(lightning.LightningModule):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = Autoencoder(config.model, dataset.fields)

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            return self.model({"image": batch[0]}).loss.mean()

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.Adam(self.parameters(), lr=config.training.learning_rate)

    quiet: dict[str, Any] = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = lightning.Trainer(max_epochs=config.training.epochs, accelerator="cpu", **quiet)
    module, loader = Module(), _loader(folder)
    return lambda: trainer.fit(module, loader)


def _usual(config: RunConfig, dataset: Dataset, folder: Path) -> Callable[[], None]:
    """The loop of a hundred tutorials."""
    torch.manual_seed(config.seed)
    loader = _loader(folder)
    model = Autoencoder(config.model, dataset.fields)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.training.learning_rate)

    def loop() -> None:
        model.train()
        for _ in range(config.training.epochs):
            total = 0.0
            for images, _ in loader:
                loss = model({"image": images}).loss.mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(images)

    return loop


def pictures(workspace: Workspace, samples: int) -> Dataset:
    """So many grey 28×28 training pictures: the first of MNIST, or soft random blobs."""
    try:
        pixels = np.array(load_sample(workspace, "mnist").main_field.array[:samples])
    except UserError:
        rng = np.random.default_rng(0)
        grid = np.arange(28)
        centres, widths = rng.uniform(8, 20, (samples, 2, 1)), rng.uniform(2, 6, (samples, 2, 1))
        rows, columns = np.exp(-(((grid - centres) / widths) ** 2)).swapaxes(0, 1)
        pixels = (255 * rows[:, :, None] * columns[:, None]).astype(np.uint8)[:, None]
    table = pa.table({"source": [f"picture {i}" for i in range(samples)]})
    return create_dataset(workspace, "pictures", {"image": NewField("image", pixels, {})}, table, np.zeros(samples, np.int8))


def write_idx(folder: Path, dataset: Dataset) -> None:
    """The dataset's pictures as the four files that torchvision's MNIST reads."""
    folder.mkdir(parents=True)
    pixels = np.asarray(dataset.main_field.array)[:, 0]
    for part, shown in (("train", pixels), ("t10k", pixels[:1])):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, *shown.shape) + shown.tobytes())
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(shown)) + bytes(len(shown)))


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
