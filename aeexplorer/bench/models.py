"""Train models on MNIST, digits and shapes, and compare their figures with the literature.

Every training is an ordinary run of a preset. `measure` yields each figure as soon as it is known.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, pstdev
from typing import Any

import torch

from aeexplorer.analysis.factors import Factor, factors
from aeexplorer.analysis.runs.quality.disentanglement import mutual_information_gap
from aeexplorer.analysis.runs.quality.likelihood import importance_bound, log_weights
from aeexplorer.bench import Figure
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.pca import flat_features, principal_axes

DRAWS = 64
SEEDS = 5
PLANE_NOTE = "Keras example 146.95, on the training set"
QUANTISERS: dict[str, tuple[str, dict[str, Any]]] = {
    "VQ-VAE K=512": ("vq-vae", {"model.codebook_size": 512}),
    "FSQ 512": ("fsq", {"model.codebook_size": 512}),
    "SimVQ 512": ("sim-vq", {"model.codebook_size": 512}),
    "RVQ 4×64": ("rvq", {"model.codebook_size": 64, "model.stages": 4}),
}
VQ_SWITCHES: dict[str, dict[str, Any]] = {
    "vanilla": {"model.update": "loss", "model.start": "random", "model.restart": 0.0},
    "EMA": {"model.start": "random", "model.restart": 0.0},
    "EMA + k-means + restart": {},
}
"""Settings of a VQ-VAE with 16 tokens and 256 codes, from the basic algorithm to all improvements."""


class Bench:
    """Trains runs in a workspace of its own.

    Parameters
    ----------
    folder
        Folder in which the workspace is created.
    """

    def __init__(self, folder: Path) -> None:
        self._workspace = Workspace.open(folder / "workspace")

    def dataset(self, name: str) -> Dataset:
        """Load a built-in dataset. Raises `UserError` if it is not on this machine and cannot be downloaded."""
        return load_builtin_dataset(self._workspace, name)

    def run(self, dataset: Dataset, preset: str, changes: dict[str, Any]) -> Run:
        """Train a run on the CPU and return it."""
        run = new_run(self._workspace, dataset, preset, changes)
        train(run, "cpu")
        return run


def mnist_vae(bench: Bench) -> Iterator[Figure]:
    """Measure the likelihood of a VAE with 16 latents on samples binarised by Bernoulli draws (Burda et al. 2016)."""
    changes = {"model.latent_dim": 16, "model.likelihood": "bernoulli", "training.epochs": 10}
    run = bench.run(bench.dataset("mnist"), "vae", changes)
    note = "published 85 to 90"
    yield Figure("MNIST, VAE with 16 latents: IWAE-64 of the binarised test split", binarised_nll(run), "nats", 92, note=note)


def binarised_nll(run: Run) -> float:
    """Return −log p(x) in nats per sample, by the importance-weighted bound.

    The mean is over the test split, with each pixel drawn from a Bernoulli distribution.
    """
    ids, total = run.dataset.ids("test"), 0.0
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        for start in range(0, len(ids), 64):
            grey = run.model.prepare(run.raw(ids[start : start + 64]))
            binary = {name: torch.bernoulli(x, generator=generator) for name, x in grey.items()}
            total -= float(importance_bound(log_weights(run.model, binary, DRAWS).double()).sum())
    return total / len(ids)


def mnist_plane(bench: Bench) -> Iterator[Figure]:
    """Measure the bound of a VAE with a two-dimensional latent space."""
    changes = {"model.latent_dim": 2, "model.likelihood": "bernoulli", "training.epochs": 30}
    run = bench.run(bench.dataset("mnist"), "vae", changes)
    yield Figure("MNIST, VAE with 2 latents, 30 epochs: −ELBO", -run.metrics["test"]["elbo"], "nats", 141, note=PLANE_NOTE)


def mnist_quantisers(bench: Bench) -> Iterator[Figure]:
    """Compare the codebook usage and the error of four quantisers with the same network and training."""
    errors = {}
    for name, (preset, changes) in QUANTISERS.items():
        metrics = bench.run(bench.dataset("mnist"), preset, {**changes, "training.epochs": 3}).metrics["test"]
        errors[name] = metrics["mse"]
        yield Figure(f"MNIST, {name}: codes used", 100 * metrics["codebook_usage"], "%", 95, "more")
        yield Figure(f"MNIST, {name}: test error", 1e4 * metrics["mse"], "1e-4", note=f"perplexity {metrics['perplexity']:.0f}")
    best_other = min(error for name, error in errors.items() if name != "RVQ 4×64")
    note = "residual stages have the lowest error (Zeghidour et al. 2021)"
    yield Figure("MNIST, RVQ 4×64: error relative to the best other", errors["RVQ 4×64"] / best_other, "times", 1, note=note)


def digits_switches(bench: Bench) -> Iterator[Figure]:
    """Measure what each improvement of the VQ-VAE brings on the digits."""
    before = 0.0
    for name, switches in VQ_SWITCHES.items():
        changes = {"model.codebook_size": 256, "model.token_target": 16, **switches}
        metrics = bench.run(bench.dataset("digits"), "vq-vae", changes).metrics["test"]
        last = not switches
        target = 95.0 if last else before
        yield Figure(f"digits, {name}: codes used", 100 * metrics["codebook_usage"], "%", target, "more")
        yield Figure(f"digits, {name}: test error", 1e4 * metrics["mse"], "1e-4", 40 if last else None)
        before = 100 * metrics["codebook_usage"]


def shapes_factors(bench: Bench) -> Iterator[Figure]:
    """Measure whether a penalty on the latents' total correlation separates known factors."""
    baseline = None
    for title, preset in (("VAE", "vae"), ("β-VAE", "beta-vae"), ("β-TC-VAE", "beta-tc-vae")):
        gaps = [
            _gap(bench.run(bench.dataset("shapes"), preset, {"model.latent_dim": 10, "model.network": "dense", "seed": s}))
            for s in range(SEEDS)
        ]
        note = f"± {pstdev(gaps):.3f} over {SEEDS} seeds"
        yield Figure(f"shapes, {title}: mutual information gap", mean(gaps), "", baseline, "more", note)
        baseline = mean(gaps) if baseline is None else baseline


def _gap(run: Run) -> float:
    ids = run.dataset.ids("test")
    known_factors = [Factor(factor.name, factor.values[ids]) for factor in factors(run.dataset)]
    return mutual_information_gap(run.latents(ids), known_factors)


def linear_and_pca(bench: Bench) -> Iterator[Figure]:
    """Compare a linear autoencoder with PCA (Baldi & Hornik 1989)."""
    dataset = bench.dataset("digits")
    metrics = bench.run(dataset, "linear-ae", {"model.latent_dim": 16}).metrics
    yield Figure(
        "digits, linear AE with 16 latents: error relative to PCA's",
        metrics["test"]["mse"] / metrics["pca"]["mse"],
        "times",
        1.01,
    )
    plane = bench.run(dataset, "linear-ae", {"model.latent_dim": 2})
    yield Figure("digits, linear AE with 2 latents: angle to PCA's plane", principal_angle(plane), "degrees", 5)


def principal_angle(run: Run) -> float:
    """Return the largest principal angle, in degrees, between the spans of the decoder and of as many principal components."""
    size = run.model.bottleneck.latent_dim
    with torch.inference_mode():
        reconstructions = run.model.decode(torch.cat([torch.zeros(1, size), torch.eye(size)]))
        decoded = torch.cat([x.flatten(1) for x in reconstructions.values()], 1)  # (1 + size, features)
    train = flat_features(run.model, run.dataset, run.dataset.ids("train"))
    span = torch.linalg.qr((decoded[1:] - decoded[:1]).T).Q
    cosines = torch.linalg.svdvals(span.T @ principal_axes(train - train.mean(0), size))
    return math.degrees(math.acos(min(1.0, float(cosines.min()))))


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "linear": linear_and_pca,
    "path": digits_switches,
    "vae": mnist_vae,
    "quantisers": mnist_quantisers,
    "shapes": shapes_factors,
    "plane": mnist_plane,
}
"""Benchmarks by name, the quick ones first."""


def measure(parts: list[str]) -> Iterator[Figure]:
    """Yield the figures of some parts, one by one."""
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        bench = Bench(Path(folder))
        for part in parts:
            yield from PARTS[part](bench)


def format_markdown(figures: list[Figure]) -> str:
    """Format figures as a Markdown table."""
    lines = ["| figure | measured | target | note |", "|---|---|---|---|"]
    lines += [f"| {f.name} | {f.value_text} | {f.target_text} | {f.note} |" for f in figures]
    return "\n".join(lines) + "\n"
