"""Our UMAP against umap-learn on the latents of one autoencoder, in CPU seconds, and how faithful either's map is.

umap-learn runs as it is called in tutorials, ``umap.UMAP().fit(latents)``, after it has compiled everything on other
samples; only the fresh process has its import and compiling counted, and ours has its imports counted likewise.
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
NEIGHBOURS, VOTERS = 15, 10
LOOKED_AT = 4_000
"""Samples whose neighbours are compared."""
NEW = 1_000
"""Samples placed on a finished map."""
_FRESH = {
    "ours": "from aeexplorer.analysis.maps.projections.umap import project; project(latents, 2, 0)",
    "umap-learn": "import umap; umap.UMAP().fit(latents)",
}


class Map(NamedTuple):
    """A layout, what it cost in CPU seconds, and what made it."""

    xy: np.ndarray
    seconds: float
    maker: Any = None


def measure(dataset: str, large: int, small: int, fresh: int) -> list[Figure]:
    """All figures.

    Parameters
    ----------
    dataset
        Name of a built-in dataset with labels, on which the autoencoder is trained for three epochs.
    large, small
        Samples of the large map, which is made in stages, and of the small one, on which others are placed.
    fresh
        Samples of the map that a fresh process makes.
    """
    with tempfile.TemporaryDirectory(prefix="aeexplorer-") as folder:
        changes = {"model.latent_dim": LATENT_DIM, "training.epochs": EPOCHS}
        run = train(dataset, "dense-ae", changes, "cpu", workspace=Workspace.open(Path(folder) / "workspace"))
        labels = run.dataset.labels
        assert labels is not None
        ids = np.random.default_rng(0).permutation(run.dataset.n)
        latents, labels = run.latents(ids), np.asarray(labels)[ids]
        large, small = min(large, len(ids)), min(small, len(ids) - NEW)
        umap_learn(latents[-min(5_000, len(ids)) :])  # compiles
        umap.project(latents[-500:], 2, 0)
        return [
            *staged(latents[:large], labels[:large], umap_learn),
            *settled(latents[:small], latents[small : small + NEW], umap_learn),
            *from_scratch(Path(folder), latents[:fresh]),
        ]


def umap_learn(latents: np.ndarray) -> Map:
    """The peer, with its own settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that tensorflow is absent
        import umap as peer

        model = peer.UMAP()
        found = _timed(lambda: model.fit(latents).embedding_)
        return found._replace(maker=model)


def _timed(make: Callable[[], np.ndarray]) -> Map:
    started = time.process_time()
    xy = make()
    return Map(xy, time.process_time() - started)


def staged(latents: np.ndarray, labels: np.ndarray, peer: Callable[[np.ndarray], Map]) -> list[Figure]:
    """PCA, the first layout of all samples, and the last, beside the peer's."""
    name = f"{len(latents):,} × {latents.shape[1]}"
    picture = _timed(lambda: pca.project(latents, 2, 0).xy)
    started = time.process_time()
    stages = [Map(layout.xy, time.process_time() - started) for layout in umap.stages(latents, 2, 0)]
    first, last, theirs = stages[0], stages[-1], peer(latents)
    accuracy, trust, overlap = (
        [measured(one.xy) for one in (first, last, theirs)]
        for measured in (
            lambda xy: vote(xy, labels),
            lambda xy: trustworthiness(latents, xy) or 0.0,
            lambda xy: kept(latents, xy),
        )
    )
    return [
        Figure(f"{name}: PCA", picture.seconds, "CPU s", 0.1),
        Figure(f"{name}: first layout of all samples", first.seconds, "CPU s", 1.5),
        Figure(f"{name}: its kNN accuracy below the last one's", 100 * (accuracy[1] - accuracy[0]), "points of 100", 15),
        Figure(f"{name}: last layout", last.seconds, "CPU s"),
        Figure(f"{name}: umap-learn", theirs.seconds, "CPU s"),
        Figure(f"{name}: umap-learn against ours", theirs.seconds / last.seconds, "times", 5, "more"),
        *_beside(name, "trustworthiness", trust[1:], -0.3),
        *_beside(name, "kNN accuracy", accuracy[1:], -0.5),
        Figure(f"{name}: 15-neighbour overlap", 100 * overlap[1], "%"),
        Figure(f"{name}: 15-neighbour overlap as a share of umap-learn's", 100 * overlap[1] / overlap[2], "%", 95, "more"),
    ]


def settled(latents: np.ndarray, new: np.ndarray, peer: Callable[[np.ndarray], Map]) -> list[Figure]:
    """A map of fewer samples at once, and others placed on it, beside the peer's."""
    name = f"{len(latents):,} × {latents.shape[1]}"
    ours, theirs = _timed(lambda: umap.project(latents, 2, 0).xy), peer(latents)
    trust = [trustworthiness(latents, one.xy) or 0.0 for one in (ours, theirs)]
    placed, moved = _timed(lambda: build_placer(latents, ours.xy)(new)), _timed(lambda: theirs.maker.transform(new))
    found = [common(latents, new, one.xy, where.xy) for one, where in ((ours, placed), (theirs, moved))]
    return [
        Figure(f"{name}: ours", ours.seconds, "CPU s"),
        Figure(f"{name}: umap-learn", theirs.seconds, "CPU s"),
        Figure(f"{name}: umap-learn against ours", theirs.seconds / ours.seconds, "times", 8, "more"),
        *_beside(name, "trustworthiness", trust, -0.7),
        Figure(f"{len(new):,} new samples placed on it", placed.seconds, "CPU s", 0.3),
        Figure(
            "new samples: 15-neighbour overlap, beside umap.transform's", 100 * found[0], "%", round(100 * found[1], 1), "more"
        ),
    ]


def from_scratch(folder: Path, latents: np.ndarray) -> list[Figure]:
    """Fresh processes, from their start to a map."""
    path = folder / "latents.npy"
    np.save(path, latents)
    seconds = {name: _process(f"import numpy; latents = numpy.load({str(path)!r}); {code}") for name, code in _FRESH.items()}
    name = f"{len(latents):,} in a fresh process"
    return [
        *(Figure(f"{name}: {maker}", spent, "CPU s") for maker, spent in seconds.items()),
        Figure(f"{name}: umap-learn against ours", seconds["umap-learn"] / seconds["ours"], "times", 10, "more"),
    ]


def _process(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def vote(xy: np.ndarray, labels: np.ndarray) -> float:
    """The share of samples whose label most of their ten neighbours on the map have."""
    rows, _ = nearest_others(xy, VOTERS)
    votes = np.zeros((len(xy), int(labels.max()) + 1), np.int32)
    np.add.at(votes, (np.arange(len(xy))[:, None], labels[rows]), 1)
    return float((votes.argmax(1) == labels).mean())


def kept(latents: np.ndarray, xy: np.ndarray) -> float:
    """The share of samples' 15 nearest neighbours in the latent space that are so on the map, over 4,000 samples."""
    some = np.random.default_rng(0).permutation(len(xy))[:LOOKED_AT]
    high, low = (nearest(points[some], points, NEIGHBOURS + 1)[0][:, 1:] for points in (latents, xy))
    return _share(high, low)


def common(latents: np.ndarray, new: np.ndarray, xy: np.ndarray, placed: np.ndarray) -> float:
    """The share of new samples' 15 nearest in the latent space that are nearest to where they were placed."""
    return _share(nearest(new, latents, NEIGHBOURS)[0], nearest(placed, xy, NEIGHBOURS)[0])


def _share(high: np.ndarray, low: np.ndarray) -> float:
    return float(np.mean([len(np.intersect1d(a, b)) / len(a) for a, b in zip(high, low, strict=True)]))


def _beside(name: str, what: str, found: list[float], asked: float) -> list[Figure]:
    ours, theirs = found
    return [
        Figure(f"{name}: {what}", 100 * ours, "%"),
        Figure(f"{name}: {what} less umap-learn's", 100 * (ours - theirs), "points of 100", asked, "more"),
    ]
