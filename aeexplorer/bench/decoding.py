"""Decode a grid of pictures, from latents to PNG on one thread, and compare with eager torch, `save_image` and Pillow."""

import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from torchvision.utils import save_image

from aeexplorer.analysis.decoding import decode_quickly
from aeexplorer.bench import Figure
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.training.run import Run
from aeexplorer.views.pictures.grids import grid_png

GRID_SIDE = 16
REPEATS = 5
SAMPLES, EPOCHS = 4_000, 3
TARGET_SPEEDUP = 5.0


def measure(dataset: str, rounds: int) -> list[Figure]:
    """Time both methods in turn and compare their pictures.

    Parameters
    ----------
    dataset
        A built-in dataset of pictures. A convolutional VAE with two latents is trained on it for a few epochs.
    rounds
        Rounds per method. Each round repeats a method several times. The medians are reported.

    Returns
    -------
    list of Figure
        Times of both methods, their ratio, and the largest difference of a pixel.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        workspace = Workspace.open(Path(folder))
        quick = {"model.latent_dim": 2, "model.network": "conv", "training.epochs": EPOCHS}
        run = new_run(workspace, _first_samples(workspace, load_builtin_dataset(workspace, dataset)), "vae", quick)
        train(run, "cpu")
        torch.set_num_threads(1)
        return _compare(run, rounds)


def _first_samples(workspace: Workspace, whole: Dataset) -> Dataset:
    """Create a dataset of the first samples, which are enough to train a decoder with realistic pictures."""
    field = whole.main_field
    part = {field.name: NewField(field.modality, np.asarray(field.array[:SAMPLES]), field.meta)}
    return create_dataset(workspace, whole.name, part, whole.table.slice(0, SAMPLES), whole.split[:SAMPLES])


def _compare(run: Run, rounds: int) -> list[Figure]:
    steps = np.linspace(-2, 2, GRID_SIDE, dtype=np.float32)
    latents = np.stack([axis.ravel() for axis in np.meshgrid(steps, -steps)], 1)
    plain, ours = eager_png(run, latents, GRID_SIDE), grid_png(run, latents, GRID_SIDE)
    seconds: dict[str, list[float]] = {"eager": [], "ours": [], "decoded": []}
    for _ in range(rounds):
        seconds["eager"] += _seconds(lambda: eager_png(run, latents, GRID_SIDE))
        seconds["ours"] += _seconds(lambda: grid_png(run, latents, GRID_SIDE))
        seconds["decoded"] += _seconds(lambda: decode_quickly(run, latents))
    eager, quick, decoded = (1e3 * median(times) for times in seconds.values())
    difference = np.abs(_pixels(plain).astype(int) - _pixels(ours)).max()
    return [
        Figure(
            "16 × 16 decoded grid, latents → PNG: speed-up over eager torch and Pillow",
            eager / quick,
            "times",
            TARGET_SPEEDUP,
            "more",
        ),
        Figure("eager float32, Pillow's default PNG", eager, "ms", note=f"{len(plain):,} bytes"),
        Figure("aeexplorer", quick, "ms", note=f"{len(ours):,} bytes"),
        Figure("of which decoding", decoded, "ms"),
        Figure("largest difference of a pixel", float(difference), "of 255"),
    ]


def eager_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """Decode a grid as one float32 batch, with torchvision's `save_image` and Pillow's default settings."""
    decoded = run.model.decode(torch.from_numpy(latents))[run.dataset.main_field.name]
    out = io.BytesIO()
    save_image(decoded, out, format="png", nrow=columns, padding=0)
    return out.getvalue()


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _seconds(work: Callable[[], object]) -> list[float]:
    """Return the seconds of several calls in a row, as when a slider requests grids."""
    clock = [time.thread_time()]
    for _ in range(REPEATS):
        work()
        clock.append(time.thread_time())
    return np.diff(clock).tolist()
