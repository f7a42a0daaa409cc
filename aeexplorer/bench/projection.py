"""Compare our UMAP with umap-learn on the latents of an autoencoder: CPU seconds and quality of the maps.

umap-learn runs as in tutorials, ``umap.UMAP().fit(latents)``, after it has compiled on other samples. Imports and compilation
are counted only in fresh processes, for both.
"""

import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aeexplorer.analysis.maps.placing import build_placer
from aeexplorer.analysis.maps.projections import pca, umap
from aeexplorer.analysis.neighbours import nearest, nearest_others, trustworthiness
from aeexplorer.bench import Figure
from aeexplorer.core.workspace import Workspace
from aeexplorer.public import train

LATENT_DIM = 32
EPOCHS = 3
NEIGHBOURS, VOTING_NEIGHBOURS = 15, 10
COMPARED_SAMPLES = 4_000
"""Samples whose neighbours are compared."""
NEW_SAMPLES = 1_000
"""Samples placed on a finished map."""
_PROGRAMS = {
    "ours": "from aeexplorer.analysis.maps.projections.umap import project; project(latents, 2, 0)",
    "umap-learn": "import umap; umap.UMAP().fit(latents)",
}


class Map(NamedTuple):
    """A layout ``(n, 2)``, its cost in CPU seconds, and the model that computed it."""

    xy: np.ndarray
    seconds: float
    model: Any = None


def measure(dataset: str, large: int, small: int, fresh: int) -> list[Figure]:
    """Measure all figures.

    Parameters
    ----------
    dataset
        Name of a built-in dataset with labels. The autoencoder is trained on it for three epochs.
    large
        Samples of the large map, which is computed in stages.
    small
        Samples of the small map, on which new samples are placed.
    fresh
        Samples of the map that a fresh process computes.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        changes = {"model.latent_dim": LATENT_DIM, "training.epochs": EPOCHS}
        run = train(dataset, "dense-ae", changes, "cpu", workspace=Workspace.open(Path(folder) / "workspace"))
        labels = run.dataset.labels
        assert labels is not None
        ids = np.random.default_rng(0).permutation(run.dataset.n)
        latents, labels = run.latents(ids), np.asarray(labels)[ids]
        large, small = min(large, len(ids)), min(small, len(ids) - NEW_SAMPLES)
        fit_umap_learn(latents[-min(5_000, len(ids)) :])  # warm up: umap-learn compiles
        umap.project(latents[-500:], 2, 0)
        return [
            *compare_stages(latents[:large], labels[:large], fit_umap_learn),
            *compare_placing(latents[:small], latents[small : small + NEW_SAMPLES], fit_umap_learn),
            *compare_fresh_processes(Path(folder), latents[:fresh]),
        ]


def fit_umap_learn(latents: np.ndarray) -> Map:
    """Compute a map with umap-learn and its default settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap-learn warns that tensorflow is missing
        import umap as peer

        model = peer.UMAP()
        projection = _timed(lambda: model.fit(latents).embedding_)
        return projection._replace(model=model)


def _timed(compute: Callable[[], np.ndarray]) -> Map:
    """Compute a layout and measure its CPU seconds."""
    started = time.process_time()
    xy = compute()
    return Map(xy, time.process_time() - started)


def compare_stages(latents: np.ndarray, labels: np.ndarray, peer: Callable[[np.ndarray], Map]) -> list[Figure]:
    """Compare PCA and the first and last layout of all samples with the peer's map."""
    name = f"{len(latents):,} × {latents.shape[1]}"
    plane = _timed(lambda: pca.project(latents, 2, 0).xy)
    started = time.process_time()
    stages = [Map(layout.xy, time.process_time() - started) for layout in umap.stages(latents, 2, 0)]
    first, last, theirs = stages[0], stages[-1], peer(latents)
    accuracy, trust, overlap = (
        [metric(projection.xy) for projection in (first, last, theirs)]
        for metric in (
            lambda xy: knn_accuracy(xy, labels),
            lambda xy: trustworthiness(latents, xy) or 0.0,
            lambda xy: neighbour_overlap(latents, xy),
        )
    )
    return [
        Figure(f"{name}: PCA", plane.seconds, "CPU s", 0.1),
        Figure(f"{name}: first layout of all samples", first.seconds, "CPU s", 1.5),
        Figure(
            f"{name}: kNN accuracy of the first layout below that of the last",
            100 * (accuracy[1] - accuracy[0]),
            "percentage points",
            15,
        ),
        Figure(f"{name}: last layout", last.seconds, "CPU s"),
        Figure(f"{name}: umap-learn", theirs.seconds, "CPU s"),
        Figure(f"{name}: umap-learn against ours", theirs.seconds / last.seconds, "times", 5, "more"),
        *_compare_quality(name, "trustworthiness", trust[1:], -0.3),
        *_compare_quality(name, "kNN accuracy", accuracy[1:], -0.5),
        Figure(f"{name}: 15-neighbour overlap", 100 * overlap[1], "%"),
        Figure(f"{name}: 15-neighbour overlap as a share of umap-learn's", 100 * overlap[1] / overlap[2], "%", 95, "more"),
    ]


def compare_placing(latents: np.ndarray, new: np.ndarray, peer: Callable[[np.ndarray], Map]) -> list[Figure]:
    """Compare a finished map, and new samples placed on it, with those of the peer."""
    name = f"{len(latents):,} × {latents.shape[1]}"
    ours, theirs = _timed(lambda: umap.project(latents, 2, 0).xy), peer(latents)
    trust = [trustworthiness(latents, projection.xy) or 0.0 for projection in (ours, theirs)]
    placed, transformed = _timed(lambda: build_placer(latents, ours.xy)(new)), _timed(lambda: theirs.model.transform(new))
    overlap = [
        placement_overlap(latents, new, projection.xy, positions.xy)
        for projection, positions in ((ours, placed), (theirs, transformed))
    ]
    return [
        Figure(f"{name}: ours", ours.seconds, "CPU s"),
        Figure(f"{name}: umap-learn", theirs.seconds, "CPU s"),
        Figure(f"{name}: umap-learn against ours", theirs.seconds / ours.seconds, "times", 8, "more"),
        *_compare_quality(name, "trustworthiness", trust, -0.7),
        Figure(f"{len(new):,} new samples placed on it", placed.seconds, "CPU s", 0.3),
        Figure(
            "new samples: 15-neighbour overlap, at least that of umap.transform",
            100 * overlap[0],
            "%",
            round(100 * overlap[1], 1),
            "more",
        ),
    ]


def compare_fresh_processes(folder: Path, latents: np.ndarray) -> list[Figure]:
    """Compare fresh processes, from their start to a map."""
    path = folder / "latents.npy"
    np.save(path, latents)
    seconds = {
        name: _run_seconds(f"import numpy; latents = numpy.load({str(path)!r}); {code}") for name, code in _PROGRAMS.items()
    }
    name = f"{len(latents):,} in a fresh process"
    return [
        *(Figure(f"{name}: {program}", spent, "CPU s") for program, spent in seconds.items()),
        Figure(f"{name}: umap-learn against ours", seconds["umap-learn"] / seconds["ours"], "times", 10, "more"),
    ]


def _run_seconds(code: str) -> float:
    """Run a program in a fresh interpreter and return its CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def knn_accuracy(xy: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of samples whose label is the most frequent one among their ten neighbours on the map."""
    rows, _ = nearest_others(xy, VOTING_NEIGHBOURS)
    votes = np.zeros((len(xy), int(labels.max()) + 1), np.int32)
    np.add.at(votes, (np.arange(len(xy))[:, None], labels[rows]), 1)
    return float((votes.argmax(1) == labels).mean())


def neighbour_overlap(latents: np.ndarray, xy: np.ndarray) -> float:
    """Return the share of the 15 nearest neighbours in latent space that are also nearest on the map, over 4,000 samples."""
    rows = np.random.default_rng(0).permutation(len(xy))[:COMPARED_SAMPLES]
    high, low = (nearest(points[rows], points, NEIGHBOURS + 1)[0][:, 1:] for points in (latents, xy))
    return _overlap(high, low)


def placement_overlap(latents: np.ndarray, new: np.ndarray, xy: np.ndarray, placed: np.ndarray) -> float:
    """Return the share of new samples' 15 nearest neighbours in latent space that are also nearest to their placement."""
    return _overlap(nearest(new, latents, NEIGHBOURS)[0], nearest(placed, xy, NEIGHBOURS)[0])


def _overlap(high: np.ndarray, low: np.ndarray) -> float:
    return float(np.mean([len(np.intersect1d(a, b)) / len(a) for a, b in zip(high, low, strict=True)]))


def _compare_quality(name: str, metric: str, values: list[float], target: float) -> list[Figure]:
    ours, theirs = values
    return [
        Figure(f"{name}: {metric}", 100 * ours, "%"),
        Figure(f"{name}: {metric} minus umap-learn's", 100 * (ours - theirs), "percentage points", target, "more"),
    ]
