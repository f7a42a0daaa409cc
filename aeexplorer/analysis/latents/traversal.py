"""Traversals: decode a latent while one of its dimensions changes, in units of the samples' standard deviation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.latents.dimensions import latent_dimensions
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MAX_DEVIATIONS = 3.0
"""Largest distance from the mean in a traversal, in standard deviations."""


@dataclass(frozen=True, eq=False)
class LatentSpread:
    """Distribution of the samples along each latent dimension.

    Parameters
    ----------
    order
        Dimensions int64 ``(d,)``, the most informative first.
    importance
        Values that determine the order, float ``(d,)``.
    unit
        Unit of the importance: ``nats`` of KL divergence, or ``variance``.
    mean, deviation
        Mean and standard deviation over the samples of a map, float32 ``(d,)``; no deviation is zero.
    """

    order: np.ndarray
    importance: np.ndarray
    unit: str
    mean: np.ndarray
    deviation: np.ndarray

    def in_deviations(self, latent: np.ndarray) -> np.ndarray:
        """Express a latent ``(d,)`` in standard deviations from the mean."""
        return (latent - self.mean) / self.deviation

    def move(self, latent: np.ndarray, moves: Mapping[int, float]) -> np.ndarray:
        """Return a latent ``(d,)`` with some dimensions set to a number of standard deviations from their mean."""
        moved = latent.astype(np.float32, copy=True)
        for dimension, deviations in moves.items():
            moved[dimension] = self.mean[dimension] + deviations * self.deviation[dimension]
        return moved

    def strips(self, latent: np.ndarray, dimensions: Sequence[int], columns: int = 7) -> np.ndarray:
        """Move each dimension from −3 to +3 standard deviations, with all others unchanged.

        Returns
        -------
        numpy.ndarray
            float32 ``(dimensions · columns, d)``, row by row.
        """
        steps = np.linspace(-MAX_DEVIATIONS, MAX_DEVIATIONS, columns)
        return np.stack([self.move(latent, {d: float(step)}) for d in dimensions for step in steps])

    def sweep(self, latent: np.ndarray, dimension: int, frames: int = 24) -> np.ndarray:
        """Move one dimension from −3 to +3 standard deviations and back, slower at the ends: float32 ``(frames, d)``."""
        steps = -MAX_DEVIATIONS * np.cos(np.linspace(0, 2 * np.pi, frames, endpoint=False))
        return np.stack([self.move(latent, {dimension: float(step)}) for step in steps])


def latent_spread(run: Run) -> LatentSpread:
    """Return the distribution of a run's samples along each latent dimension.

    Raises
    ------
    UserError
        If the run has no results or has a codebook.
    """
    dimensions = latent_dimensions(run)
    latents = run.latents(sample_ids(run.dataset))
    importance, unit = (dimensions.variance, "variance") if dimensions.kl is None else (dimensions.kl, "nats")
    return LatentSpread(dimensions.order, importance, unit, latents.mean(0), np.maximum(latents.std(0), 1e-6))


def parse_moves(text: str, run: Run) -> dict[int, float]:
    """Parse moves such as ``3:1.5,0:-2``: dimensions (counted from 0) and standard deviations. Invalid parts are ignored."""
    moves = {}
    for part in filter(None, text.split(",")):
        dimension, _, deviations = part.partition(":")
        try:
            moves[int(dimension)] = min(MAX_DEVIATIONS, max(-MAX_DEVIATIONS, float(deviations)))
        except ValueError:
            continue
    return {dimension: deviations for dimension, deviations in moves.items() if dimension < run.model.bottleneck.latent_dim}


def format_moves(moves: Mapping[int, float]) -> str:
    """Write moves as `parse_moves` reads them."""
    return ",".join(f"{dimension}:{deviations:g}" for dimension, deviations in moves.items())


def traversal_origin(run: Run, sample: int, mean: np.ndarray) -> np.ndarray:
    """Return the latent ``(d,)`` of a sample, or the mean for −1.

    Raises
    ------
    UserError
        If there is no such sample.
    """
    if sample >= run.dataset.n:
        raise UserError(f"there is no sample {sample}", f"Choose a sample from 0 to {run.dataset.n - 1}")
    return mean if sample < 0 else run.latents(np.array([sample], np.int32))[0]
