"""Laying one map over another: the rotation, reflection, scale and shift that bring shared samples closest together."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aeexplorer.analysis.maps.projection import Projection

SHARED = 3
"""Fewest shared samples that fix how a flat map lies."""


@dataclass(frozen=True, eq=False)
class Alignment:
    """A similarity transform, ``scale · (points − centre) @ rotation + target``.

    Parameters
    ----------
    rotation
        float ``(dims, dims)``, orthogonal; it may reflect.
    scale
        Positive.
    centre, target
        float ``(dims,)``: where the points' middle was and where it goes.
    disparity
        What remains, 0 to 1: the squared distances between the aligned points and those they were aligned to, as a
        share of the latter's spread. 0 is the same shape, 1 none of it.
    """

    rotation: np.ndarray
    scale: float
    centre: np.ndarray
    target: np.ndarray
    disparity: float

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points ``(m, dims)`` where they come to lie, float32."""
        return (self.scale * (points - self.centre) @ self.rotation + self.target).astype(np.float32)


def procrustes(points: np.ndarray, onto: np.ndarray) -> Alignment:
    """The transform that brings points ``(m, dims)`` closest, in squared distance, to `onto`, row by row.

    The rotation is ``U Vᵀ`` of the singular value decomposition of ``pointsᵀ onto``, both centred, and the scale its
    singular values' sum over the points' squares (Schönemann 1966, Psychometrika 31:1; Gower 1975, Psychometrika 40:33).
    Points that all coincide are only shifted.
    """
    points, onto = points.astype(np.float64), onto.astype(np.float64)
    centre, target = points.mean(0), onto.mean(0)
    left, right = points - centre, onto - target
    u, values, vt = np.linalg.svd(left.T @ right)
    spread, wanted = np.square(left).sum(), np.square(right).sum()
    if spread == 0 or wanted == 0:
        return Alignment(np.eye(points.shape[1]), 1.0, centre, target, 1.0)
    disparity = float(np.clip(1 - values.sum() ** 2 / (spread * wanted), 0, 1))
    return Alignment(u @ vt, float(values.sum() / spread) or 1.0, centre, target, disparity)


def aligned(made: "Projection", onto: "Projection") -> "tuple[Projection, float | None]":
    """A map laid over another by the samples that both show, and the disparity that remains.

    Where they share fewer than three samples the map is left as it is, and the disparity is None. The plane of an
    aligned map is left out: its positions are no longer those that the latent space has.
    """
    shared, here, there = np.intersect1d(made.ids, onto.ids, assume_unique=True, return_indices=True)
    if len(shared) < SHARED or made.dims != onto.dims:
        return made, None
    found = procrustes(made.xy[here], onto.xy[there])
    return replace(made, xy=found(made.xy), plane=None), found.disparity
