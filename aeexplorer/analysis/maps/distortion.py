"""Where a map lies: for each sample, neighbours that it only has on the map, and neighbours that the map took away."""

import hashlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.inputs import feature_count, input_points
from aeexplorer.analysis.maps.projection import Projection, compute, projection
from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.maps.projections.base import DIMS
from aeexplorer.analysis.neighbours import NEIGHBOURS, nearest, penalties
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

Space = Literal["latents", "inputs"]
MOST = 10_000
"""Samples that are compared, at most."""
QUICK = 3_000
"""So many are compared in the latent space while a page waits."""
VALUES = 1 << 28
"""Features of all samples that are compared by their inputs, at most."""


@dataclass(frozen=True, eq=False)
class Distortion:
    """How a map distorts the neighbourhood of each of its samples.

    Parameters
    ----------
    false
        float32 ``(m,)``: for the neighbours on the map, how far beyond its neighbours they lie in the true space, as a sum
        of ranks; 0 is not at all, 1 is the worst that can be, a map at random has 0.5 on average.
    missing
        float32 ``(m,)``: the same with the spaces exchanged: true neighbours that lie far away on the map.
    looked_at
        Samples compared with one another; each other sample has the values of that of them which is nearest on the map.
    """

    false: np.ndarray
    missing: np.ndarray
    looked_at: int


@dataclass(frozen=True)
class Compared:
    """A map and the space that it is judged by, as the name of an job: ``umap-2-latents``."""

    method: str
    dims: int
    against: Space

    @property
    def name(self) -> str:
        """As `compared` reads it."""
        return f"{self.method}-{self.dims}-{self.against}"


def compared(name: str) -> Compared:
    """What a name stands for; raises `UserError` where it is none."""
    method, dims, against = (["", "", *name.rsplit("-", 2)])[-3:]
    found = {str(one): one for one in DIMS}.get(dims)
    if found is None or against not in get_args(Space):
        raise UserError(f"{name!r} names no map and space", "Ask for one like umap-2-latents")
    return Compared(method_of(method).name, found, "latents" if against == "latents" else "inputs")


def distortion(run: Run, made: Projection, against: Space = "latents") -> Distortion:
    """The distortion of a map, kept in the run's folder.

    Parameters
    ----------
    run
        With results.
    made
        A map of it; over more than 10,000 samples, a part of them that stands for all is compared.
    against
        The latent space, or the samples as the encoder gets them (over fewer samples where these are large).
    """
    found = kept_distortion(run, made, against)
    if found is not None:
        return found
    results = results_digest(run)
    most = MOST if against == "latents" else min(MOST, max(NEIGHBOURS**2, VALUES // feature_count(run)))
    ids = sample_ids(run.dataset, most, made.ids)
    rows = np.searchsorted(made.ids, ids)
    points = run.latents(ids) if against == "latents" else input_points(run, ids)
    false, missing = penalties(points, made.xy[rows])
    if len(ids) < len(made.ids):
        of_all = nearest(made.xy, made.xy[rows], 1)[0][:, 0]
        false, missing = false[of_all], missing[of_all]
    looked_at = np.array([len(ids)])
    arrays = {"map": map_digest(made), "false": false, "missing": missing, "looked_at": looked_at}
    cache_arrays(run, _path(made, against), arrays, results)
    return Distortion(false, missing, len(ids))


def kept_distortion(run: Run, made: Projection, against: Space) -> Distortion | None:
    """The distortion of this very map, or None where it is not kept."""
    found = cached_arrays(run, _path(made, against))
    if found is None or not np.array_equal(found.get("map", ()), map_digest(made)):
        return None
    shapes = {name: array.shape for name, array in found.items()}
    if shapes != {"map": (32,), "false": made.ids.shape, "missing": made.ids.shape, "looked_at": (1,)}:
        return None
    return Distortion(found["false"], found["missing"], int(found["looked_at"][0]))


def distortion_job(run: Run, made: Projection, against: Space) -> str:
    """What to ask the projection process for, see `aeexplorer.background.kinds`; empty where it may be computed at once."""
    if (against == "latents" and len(made.ids) <= QUICK) or kept_distortion(run, made, against) is not None:
        return ""
    return f"distortion {Compared(made.method, made.dims, against).name}"


def found_distortion(run: Run, name: str) -> Distortion | None:
    """The kept distortion of that name."""
    asked = compared(name)
    made = projection(run, asked.method, asked.dims)
    return None if made is None else kept_distortion(run, made, asked.against)


def make_distortion(run: Run, name: str) -> Distortion:
    """Compute and keep the distortion of that name."""
    asked = compared(name)
    return distortion(run, compute(run, asked.method, asked.dims), asked.against)


def map_digest(made: Projection) -> np.ndarray:
    """What tells a map from others: uint8 ``(32,)``."""
    digest = hashlib.sha256(made.ids.tobytes())
    digest.update(np.ascontiguousarray(made.xy).tobytes())
    return np.frombuffer(digest.digest(), np.uint8)


def _path(made: Projection, against: Space) -> str:
    return f"distortions/{Compared(made.method, made.dims, against).name}.safetensors"
