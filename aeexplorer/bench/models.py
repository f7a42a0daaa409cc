"""Models beside the literature: real trainings on MNIST, digits and shapes, each figure with what others report.

Every training is an ordinary run of a preset; `measure` yields its figures as soon as they are known.
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
from aeexplorer.training.results import flat_features, principal_axes
from aeexplorer.training.run import Run

DRAWS = 64
SEEDS = 5
PLANE = "Keras example 146.95, on the training set"
QUANTISERS: dict[str, tuple[str, dict[str, Any]]] = {
    "VQ-VAE K=512": ("vq-vae", {"model.codebook_size": 512}),
    "FSQ 512": ("fsq", {"model.codebook_size": 512}),
    "SimVQ 512": ("sim-vq", {"model.codebook_size": 512}),
    "RVQ 4×64": ("rvq", {"model.codebook_size": 64, "model.stages": 4}),
}
PATH: dict[str, dict[str, Any]] = {
    "vanilla": {"model.update": "loss", "model.start": "random", "model.restart": 0.0},
    "EMA": {"model.start": "random", "model.restart": 0.0},
    "EMA + k-means + restart": {},
}
"""Digits in 16 codes of 256: what each switch of the VQ-VAE brings."""


class Bench:
    """Trains in a workspace of its own.

    Parameters
    ----------
    folder
        Where that workspace lies.
    """

    def __init__(self, folder: Path) -> None:
        self._workspace = Workspace.open(folder / "workspace")

    def dataset(self, name: str) -> Dataset:
        """A built-in dataset; raises `UserError` where it is neither here nor to be had."""
        return load_builtin_dataset(self._workspace, name)

    def run(self, dataset: Dataset, preset: str, changes: dict[str, Any]) -> Run:
        """A finished run on the CPU."""
        run = new_run(self._workspace, dataset, preset, changes)
        train(run, "cpu")
        return run


def mnist_vae(bench: Bench) -> Iterator[Figure]:
    """The likelihood of a VAE with 16 latents, the samples binarised as Bernoulli draws (Burda et al. 2016)."""
    changes = {"model.latent_dim": 16, "model.likelihood": "bernoulli", "training.epochs": 10}
    run = bench.run(bench.dataset("mnist"), "vae", changes)
    note = "published 85 to 90"
    yield Figure("MNIST, VAE with 16 latents: IWAE-64 of the binarised test split", binarised(run), "nats", 92, note=note)


def binarised(run: Run) -> float:
    """−log p(x) in nats by the importance-weighted bound, over the test split with each pixel drawn as a coin."""
    ids, total = run.dataset.ids("test"), 0.0
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(0)
        for start in range(0, len(ids), 64):
            grey = run.model.prepare(run.raw(ids[start : start + 64]))
            drawn = {name: torch.bernoulli(x, generator=generator) for name, x in grey.items()}
            total -= float(importance_bound(log_weights(run.model, drawn, DRAWS).double()).sum())
    return total / len(ids)


def mnist_plane(bench: Bench) -> Iterator[Figure]:
    """The bound of a VAE whose latents one can look at."""
    changes = {"model.latent_dim": 2, "model.likelihood": "bernoulli", "training.epochs": 30}
    run = bench.run(bench.dataset("mnist"), "vae", changes)
    yield Figure("MNIST, VAE with 2 latents, 30 epochs: −ELBO", -run.metrics["test"]["elbo"], "nats", 141, note=PLANE)


def mnist_quantisers(bench: Bench) -> Iterator[Figure]:
    """Usage and error of four quantisers with the same network and training."""
    errors = {}
    for name, (preset, changes) in QUANTISERS.items():
        found = bench.run(bench.dataset("mnist"), preset, {**changes, "training.epochs": 3}).metrics["test"]
        errors[name] = found["mse"]
        yield Figure(f"MNIST, {name}: codes used", 100 * found["codebook_usage"], "%", 95, "more")
        yield Figure(f"MNIST, {name}: test error", 1e4 * found["mse"], "1e-4", note=f"perplexity {found['perplexity']:.0f}")
    rest = min(error for name, error in errors.items() if name != "RVQ 4×64")
    note = "residual stages have the lowest error (Zeghidour et al. 2021)"
    yield Figure("MNIST, RVQ 4×64: error beside the best other", errors["RVQ 4×64"] / rest, "times", 1, note=note)


def digits_path(bench: Bench) -> Iterator[Figure]:
    """What each switch of the VQ-VAE brings."""
    before = 0.0
    for name, switches in PATH.items():
        changes = {"model.codebook_size": 256, "model.token_target": 16, **switches}
        found = bench.run(bench.dataset("digits"), "vq-vae", changes).metrics["test"]
        last = not switches
        asked = 95.0 if last else before
        yield Figure(f"digits, {name}: codes used", 100 * found["codebook_usage"], "%", asked, "more")
        yield Figure(f"digits, {name}: test error", 1e4 * found["mse"], "1e-4", 40 if last else None)
        before = 100 * found["codebook_usage"]


def shapes_factors(bench: Bench) -> Iterator[Figure]:
    """Whether a penalty on the code's total correlation separates known factors."""
    plain = None
    for title, preset in (("VAE", "vae"), ("β-VAE", "beta-vae"), ("β-TC-VAE", "beta-tc-vae")):
        gaps = [
            _gap(bench.run(bench.dataset("shapes"), preset, {"model.latent_dim": 10, "model.network": "dense", "seed": s}))
            for s in range(SEEDS)
        ]
        note = f"± {pstdev(gaps):.3f} over {SEEDS} seeds"
        yield Figure(f"shapes, {title}: mutual information gap", mean(gaps), "", plain, "more", note)
        plain = mean(gaps) if plain is None else plain


def _gap(run: Run) -> float:
    ids = run.dataset.ids("test")
    known = [Factor(factor.name, factor.values[ids]) for factor in factors(run.dataset)]
    return mutual_information_gap(run.latents(ids), known)


def linear_and_pca(bench: Bench) -> Iterator[Figure]:
    """A linear autoencoder beside PCA (Baldi & Hornik 1989)."""
    dataset = bench.dataset("digits")
    found = bench.run(dataset, "linear-ae", {"model.latent_dim": 16}).metrics
    yield Figure(
        "digits, linear AE with 16 latents: error beside PCA's", found["test"]["mse"] / found["pca"]["mse"], "times", 1.01
    )
    plane = bench.run(dataset, "linear-ae", {"model.latent_dim": 2})
    yield Figure("digits, linear AE with 2 latents: angle to PCA's plane", principal_angle(plane), "degrees", 5)


def principal_angle(run: Run) -> float:
    """The largest principal angle between the decoder's span and that of as many principal components, in degrees."""
    size = run.model.bottleneck.latent_dim
    with torch.inference_mode():
        corners = run.model.decode(torch.cat([torch.zeros(1, size), torch.eye(size)]))
        decoded = torch.cat([x.flatten(1) for x in corners.values()], 1)
    train = flat_features(run.model, run.dataset, run.dataset.ids("train"))
    span = torch.linalg.qr((decoded[1:] - decoded[:1]).T).Q
    cosines = torch.linalg.svdvals(span.T @ principal_axes(train - train.mean(0), size))
    return math.degrees(math.acos(min(1.0, float(cosines.min()))))


PARTS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "linear": linear_and_pca,
    "path": digits_path,
    "vae": mnist_vae,
    "quantisers": mnist_quantisers,
    "shapes": shapes_factors,
    "plane": mnist_plane,
}
"""By name, the quick ones first."""


def measure(parts: list[str]) -> Iterator[Figure]:
    """The figures of some parts, one by one."""
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        bench = Bench(Path(folder))
        for part in parts:
            yield from PARTS[part](bench)


def as_markdown(figures: list[Figure]) -> str:
    """A table of figures."""
    lines = ["| figure | measured | asked | beside |", "|---|---|---|---|"]
    lines += [f"| {f.name} | {f.said} | {f.wanted} | {f.note} |" for f in figures]
    return "\n".join(lines) + "\n"
