"""Nearest neighbours of a sample in the latent space, by inputs and on a map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aeexplorer.analysis.inputs import feature_count, input_points
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.training.run import Run

Measure = Literal["euclidean", "cosine"]
Space = Literal["latents", "inputs", "map"]
MAX_COMPARED = 10_000
"""Number of samples that are compared."""
MAX_VALUES = 1 << 23
"""Number of features of all compared samples together."""
MIN_COMPARED = 500
"""Number of samples that are compared even if they have more than `MAX_VALUES` features."""
_CHUNK_VALUES = 1 << 16
"""Number of features that are compared at once, so that intermediate arrays stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class SampleSpaces:
    """The same samples as points of several spaces.

    Parameters
    ----------
    ids
        Ids of the samples, int32 ``(n,)``, ascending.
    points
        Points in each space, float32 ``(n, any)``.
    total
        Number of samples on the map.
    """

    ids: np.ndarray
    points: Mapping[Space, np.ndarray]
    total: int


@dataclass(frozen=True, eq=False)
class SimilarSamples:
    """Nearest neighbours of a sample, nearest first.

    Parameters
    ----------
    ids, distances
        Ids and distances of the neighbours, int32 and float32 ``(k,)``.
    ranks
        Rank of each neighbour in each space, int64 ``(k,)``: 1 is the nearest of all compared samples.
    compared
        Number of compared samples.
    """

    ids: np.ndarray
    distances: np.ndarray
    ranks: Mapping[Space, np.ndarray]
    compared: int


def sample_spaces(run: Run, projection: Projection) -> SampleSpaces:
    """Return the samples of a map as points of each space.

    Where inputs are large, a representative part of the samples is returned.
    """
    limit = min(MAX_COMPARED, max(MIN_COMPARED, MAX_VALUES // feature_count(run)))
    ids = sample_ids(run.dataset, limit, projection.ids)
    rows = np.searchsorted(projection.ids, ids)
    points: dict[Space, np.ndarray] = {
        "latents": run.latents(ids),
        "inputs": input_points(run, ids),
        "map": projection.xy[rows],
    }
    return SampleSpaces(ids, points, len(projection.ids))


def similar_samples(
    run: Run,
    projection: Projection,
    spaces: SampleSpaces,
    sample: int,
    space: Space = "latents",
    measure: Measure = "euclidean",
    k: int = 10,
) -> SimilarSamples:
    """Find the samples that are most similar to one sample.

    Parameters
    ----------
    run, projection, spaces
        A run, a map of the run, and the samples of the map.
    sample
        Id of any sample. A sample that is not on the map takes the position of its nearest shown sample in the latent space.
    space
        Space in which neighbours are searched.
    measure
        Distance between latents or inputs. On the map it is always the Euclidean distance.
    k
        Number of neighbours.
    """
    # the sample as a point of each space
    row = np.flatnonzero(projection.ids == sample)
    own = {"latents": run.latents(np.array([sample]))[0], "inputs": input_points(run, np.array([sample]))[0]}
    if len(row):
        map_row = row[0]
    else:
        nearest = distances(spaces.points["latents"], own["latents"]).argmin()
        map_row = np.searchsorted(projection.ids, spaces.ids[nearest])
    own["map"] = projection.xy[map_row]

    # distances to all other samples, and ranks
    others = spaces.ids != sample
    by_space = {
        name: distances(points, own[name], "euclidean" if name == "map" else measure)[others]
        for name, points in spaces.points.items()
    }
    order = np.argsort(by_space[space], kind="stable")[:k]
    ranks = {name: (values[None] < values[order, None]).sum(1) + 1 for name, values in by_space.items()}
    return SimilarSamples(spaces.ids[others][order], by_space[space][order].astype(np.float32), ranks, int(others.sum()))


def distances(points: np.ndarray, point: np.ndarray, measure: Measure = "euclidean") -> np.ndarray:
    """Compute the distances of points ``(n, d)`` to one point ``(d,)``.

    Parameters
    ----------
    points, point
        Points of one space.
    measure
        ``euclidean``, or ``cosine``: 1 − cos of the angle at the origin.

    Returns
    -------
    numpy.ndarray
        Distances ``(n,)``.
    """
    parts = np.array_split(points, max(1, points.size // _CHUNK_VALUES))
    return np.concatenate([_distances(part, point, measure) for part in parts])


def _distances(points: np.ndarray, point: np.ndarray, measure: Measure) -> np.ndarray:
    if measure == "euclidean":
        lengths: np.ndarray = np.linalg.norm(points - point, axis=1)
        return lengths
    norms, norm = np.linalg.norm(points, axis=1), np.linalg.norm(point)
    # 1 − cos = ‖p/‖p‖ − q/‖q‖‖² / 2, which is also exact for small angles
    gap = points / np.maximum(norms, 1e-12)[:, None] - point / max(float(norm), 1e-12)
    return np.where(norms * norm > 0, np.square(gap).sum(1) / 2, 1)
