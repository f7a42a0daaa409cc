"""A grid of decoded pictures, latents to PNG bytes on one thread, beside eager torch, torchvision's `save_image` and Pillow."""

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

SIDE = 16
IN_A_ROW = 5
SAMPLES, EPOCHS = 4_000, 3
ASKED = 5.0


def measure(dataset: str, rounds: int) -> list[Figure]:
    """Both ways in turns, some in a row, the medians; and how far the pictures are apart.

    Parameters
    ----------
    dataset
        A built-in dataset of pictures; a VAE with convolutions and two latents is trained on it, shortly.
    rounds
        How often.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        workspace = Workspace.open(Path(folder))
        quick = {"model.latent_dim": 2, "model.network": "conv", "training.epochs": EPOCHS}
        run = new_run(workspace, _some(workspace, load_builtin_dataset(workspace, dataset)), "vae", quick)
        train(run, "cpu")
        torch.set_num_threads(1)
        return _compared(run, rounds)


def _some(workspace: Workspace, whole: Dataset) -> Dataset:
    """The first samples, enough for a decoder whose pictures are as flat and as noisy as any."""
    field = whole.main_field
    part = {field.name: NewField(field.modality, np.asarray(field.array[:SAMPLES]), field.meta)}
    return create_dataset(workspace, whole.name, part, whole.table.slice(0, SAMPLES), whole.split[:SAMPLES])


def _compared(run: Run, rounds: int) -> list[Figure]:
    steps = np.linspace(-2, 2, SIDE, dtype=np.float32)
    latents = np.stack([axis.ravel() for axis in np.meshgrid(steps, -steps)], 1)
    plain, ours = eager_png(run, latents, SIDE), grid_png(run, latents, SIDE)
    taken: dict[str, list[float]] = {"eager": [], "ours": [], "decoded": []}
    for _ in range(rounds):
        taken["eager"] += _seconds(lambda: eager_png(run, latents, SIDE))
        taken["ours"] += _seconds(lambda: grid_png(run, latents, SIDE))
        taken["decoded"] += _seconds(lambda: decode_quickly(run, latents))
    eager, quick, decoded = (1e3 * median(times) for times in taken.values())
    apart = np.abs(_pixels(plain).astype(int) - _pixels(ours)).max()
    return [
        Figure("16 × 16 decoded grid, latents → PNG: beside eager torch and Pillow", eager / quick, "times", ASKED, "more"),
        Figure("eager float32, Pillow's default PNG", eager, "ms", note=f"{len(plain):,} bytes"),
        Figure("aeexplorer", quick, "ms", note=f"{len(ours):,} bytes"),
        Figure("of which decoding", decoded, "ms"),
        Figure("largest difference of a pixel", float(apart), "of 255"),
    ]


def eager_png(run: Run, latents: np.ndarray, columns: int) -> bytes:
    """The usual way: one float32 batch, torchvision's `save_image` with Pillow's default settings."""
    decoded = run.model.decode(torch.from_numpy(latents))[run.dataset.main_field.name]
    out = io.BytesIO()
    save_image(decoded, out, format="png", nrow=columns, padding=0)
    return out.getvalue()


def _pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def _seconds(work: Callable[[], object]) -> list[float]:
    """Several times in a row, as a slider asks for grids."""
    clock = [time.thread_time()]
    for _ in range(IN_A_ROW):
        work()
        clock.append(time.thread_time())
    return np.diff(clock).tolist()
