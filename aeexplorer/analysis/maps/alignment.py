"""Alignment of maps: the rotation, reflection, scale and shift that bring shared samples closest together."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aeexplorer.analysis.maps.projection import Projection

MIN_SHARED_SAMPLES = 3
"""Smallest number of shared samples that determines an alignment of two-dimensional maps."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """A similarity transform, ``scale · (points − centre) @ rotation + target``.

    Parameters
    ----------
    rotation
        Orthogonal matrix, float ``(dims, dims)``; it may include a reflection.
    scale
        Positive factor.
    centre, target
        float ``(dims,)``: mean of the points before and after the transform.
    disparity
        Remaining difference, 0 to 1: the squared distances between the aligned points and their targets, as a share of
        the spread of the targets. 0 means the same shape, 1 no similarity at all.
    """

    rotation: np.ndarray
    scale: float
    centre: np.ndarray
    target: np.ndarray
    disparity: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Transform points ``(m, dims)``; the result is float32."""
        return (self.scale * (points - self.centre) @ self.rotation + self.target).astype(np.float32)


def procrustes(points: np.ndarray, onto: np.ndarray) -> Alignment:
    """Find the similarity transform that brings points closest, in squared distance, to other points.

    The rotation is ``U Vᵀ`` of the singular value decomposition of ``pointsᵀ onto``, both centred. The scale is the sum
    of the singular values over the squared norm of the centred points (Schönemann 1966, Psychometrika 31:1; Gower 1975,
    Psychometrika 40:33). Points that all coincide are only shifted.

    Parameters
    ----------
    points, onto
        ``(m, dims)``; row i of `points` is to come close to row i of `onto`.

    Returns
    -------
    Alignment
        The transform, with the disparity that remains.
    """
    points, onto = points.astype(np.float64), onto.astype(np.float64)
    centre, target = points.mean(0), onto.mean(0)
    source, goal = points - centre, onto - target
    u, values, vt = np.linalg.svd(source.T @ goal)
    source_spread, goal_spread = np.square(source).sum(), np.square(goal).sum()
    if source_spread == 0 or goal_spread == 0:
        return Alignment(np.eye(points.shape[1]), 1.0, centre, target, 1.0)
    disparity = float(np.clip(1 - values.sum() ** 2 / (source_spread * goal_spread), 0, 1))
    return Alignment(u @ vt, float(values.sum() / source_spread) or 1.0, centre, target, disparity)


def align_map(projection: "Projection", onto: "Projection") -> "tuple[Projection, float | None]":
    """Align a map with another one, using the samples that both show.

    Parameters
    ----------
    projection
        The map to transform.
    onto
        The map that stays as it is.

    Returns
    -------
    tuple of Projection and (float or None)
        The aligned map and the disparity that remains. The aligned map has no plane, as its positions no longer
        correspond to latents. Maps with fewer than three shared samples, or of different dimensions, are not aligned: the
        map is returned unchanged, with None.
    """
    shared, rows, onto_rows = np.intersect1d(projection.ids, onto.ids, assume_unique=True, return_indices=True)
    if len(shared) < MIN_SHARED_SAMPLES or projection.dims != onto.dims:
        return projection, None
    alignment = procrustes(projection.xy[rows], onto.xy[onto_rows])
    return replace(projection, xy=alignment(projection.xy), plane=None), alignment.disparity
