"""The samples nearest to one of them: in the latent space, by their inputs, and on a map, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from aeexplorer.analysis.inputs import feature_count, input_points
from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.training.run import Run

Measure = Literal["euclidean", "cosine"]
Where = Literal["latents", "inputs", "map"]
MOST = 10_000
"""Samples that are compared, at most."""
VALUES = 1 << 23
"""Features of all samples that are compared, at most."""
FEWEST = 500
"""So many are compared however many features they have."""
_CACHED = 1 << 16  # features that are compared at once: what is made of them stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Spaces:
    """The same samples in each space.

    Parameters
    ----------
    ids
        int32 ``(n,)``, ascending.
    points
        By space, float32 ``(n, any)``.
    total
        Samples on the map.
    """

    ids: np.ndarray
    points: Mapping[Where, np.ndarray]
    total: int


@dataclass(frozen=True, eq=False)
class Similar:
    """The samples nearest to one, the nearest first.

    Parameters
    ----------
    ids, distances
        int32 and float32 ``(k,)``.
    ranks
        By space, int64 ``(k,)``: each one's place among all samples compared, by distance from the one; 1 is the nearest.
    compared
        How many samples that were.
    """

    ids: np.ndarray
    distances: np.ndarray
    ranks: Mapping[Where, np.ndarray]
    compared: int


def spaces(run: Run, made: Projection) -> Spaces:
    """The samples of a map, or a part that stands for them where their inputs are large, in each space."""
    most = min(MOST, max(FEWEST, VALUES // feature_count(run)))
    ids = sample_ids(run.dataset, most, made.ids)
    rows = np.searchsorted(made.ids, ids)
    return Spaces(ids, {"latents": run.latents(ids), "inputs": input_points(run, ids), "map": made.xy[rows]}, len(made.ids))


def similar(
    run: Run, made: Projection, within: Spaces, sample: int, where: Where = "latents", measure: Measure = "euclidean", k: int = 10
) -> Similar:
    """The samples most like one of the dataset.

    Parameters
    ----------
    run, made, within
        A map of a run, and its samples.
    sample
        Id of any sample; of one that the map does not show, ranks on the map are those by its nearest shown sample.
    where
        The space whose nearest are looked for.
    measure
        Of latents and inputs; on the map it is always the distance that one sees.
    k
        How many.
    """
    one = np.array([sample])
    at = np.flatnonzero(made.ids == sample)
    own = {"latents": run.latents(one)[0], "inputs": input_points(run, one)[0]}
    shown = (
        at[0] if len(at) else np.searchsorted(made.ids, within.ids[distances(within.points["latents"], own["latents"]).argmin()])
    )
    own["map"] = made.xy[shown]
    others = within.ids != sample
    away = {
        name: distances(points, own[name], "euclidean" if name == "map" else measure)[others]
        for name, points in within.points.items()
    }
    order = np.argsort(away[where], kind="stable")[:k]
    ranks = {name: (found[None] < found[order, None]).sum(1) + 1 for name, found in away.items()}
    return Similar(within.ids[others][order], away[where][order].astype(np.float32), ranks, int(others.sum()))


def distances(points: np.ndarray, one: np.ndarray, measure: Measure = "euclidean") -> np.ndarray:
    """How far points ``(n, d)`` lie from one ``(d,)``: Euclidean, or one less the cosine of the angle at the origin."""
    parts = np.array_split(points, max(1, points.size // _CACHED))
    return np.concatenate([_distances(part, one, measure) for part in parts])


def _distances(points: np.ndarray, one: np.ndarray, measure: Measure) -> np.ndarray:
    if measure == "euclidean":
        found: np.ndarray = np.linalg.norm(points - one, axis=1)
        return found
    lengths, length = np.linalg.norm(points, axis=1), np.linalg.norm(one)
    gap = points / np.maximum(lengths, 1e-12)[:, None] - one / max(float(length), 1e-12)
    return np.where(lengths * length > 0, np.square(gap).sum(1) / 2, 1)  # exact also for small angles
