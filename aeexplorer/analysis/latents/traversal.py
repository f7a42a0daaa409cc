"""Moving one latent at a time: how far samples spread along each, strips from end to end, and there and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.latents.dimensions import latent_dimensions
from aeexplorer.analysis.sampling import sample_ids
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

REACH = 3.0
"""Standard deviations from the mean that a latent is moved to, either way."""


@dataclass(frozen=True, eq=False)
class Spread:
    """How samples lie along each latent dimension.

    Parameters
    ----------
    order
        int64 ``(d,)``: dimensions, those that carry most first.
    carried
        float ``(d,)``: what they are ordered by.
    unit
        What that is: ``nats`` of KL divergence, or ``variance``.
    mean, deviation
        float32 ``(d,)``: over the samples of a map; no deviation is zero.
    """

    order: np.ndarray
    carried: np.ndarray
    unit: str
    mean: np.ndarray
    deviation: np.ndarray

    def units(self, latent: np.ndarray) -> np.ndarray:
        """Where a latent ``(d,)`` lies, in standard deviations from the mean."""
        return (latent - self.mean) / self.deviation

    def moved(self, latent: np.ndarray, moves: Mapping[int, float]) -> np.ndarray:
        """The latent ``(d,)`` with some dimensions set to so many standard deviations from their mean."""
        found = latent.astype(np.float32, copy=True)
        for dimension, units in moves.items():
            found[dimension] = self.mean[dimension] + units * self.deviation[dimension]
        return found

    def strips(self, latent: np.ndarray, dimensions: Sequence[int], columns: int = 7) -> np.ndarray:
        """Each dimension from −3 to +3 standard deviations, all others as they are: ``(dimensions·columns, d)``, row by row."""
        steps = np.linspace(-REACH, REACH, columns)
        return np.stack([self.moved(latent, {d: float(step)}) for d in dimensions for step in steps])

    def sweep(self, latent: np.ndarray, dimension: int, frames: int = 24) -> np.ndarray:
        """One dimension from −3 to +3 standard deviations and back, slower towards the ends: ``(frames, d)``."""
        turns = -REACH * np.cos(np.linspace(0, 2 * np.pi, frames, endpoint=False))
        return np.stack([self.moved(latent, {dimension: float(step)}) for step in turns])


def spread(run: Run) -> Spread:
    """The spread of a run's samples; raises `UserError` where its code is no vector."""
    found = latent_dimensions(run)
    latents = run.latents(sample_ids(run.dataset))
    carried, unit = (found.variance, "variance") if found.kl is None else (found.kl, "nats")
    return Spread(found.order, carried, unit, latents.mean(0), np.maximum(latents.std(0), 1e-6))


def parse_moves(text: str, run: Run) -> dict[int, float]:
    """``3:1.5,0:-2`` → dimensions (counted from 0) and standard deviations, those that make sense."""
    moves = {}
    for part in filter(None, text.split(",")):
        dimension, _, units = part.partition(":")
        try:
            moves[int(dimension)] = min(REACH, max(-REACH, float(units)))
        except ValueError:
            continue
    return {dimension: units for dimension, units in moves.items() if dimension < run.model.bottleneck.latent_dim}


def written_moves(moves: Mapping[int, float]) -> str:
    """The reverse of `parse_moves`."""
    return ",".join(f"{dimension}:{units:g}" for dimension, units in moves.items())


def origin_of(run: Run, sample: int, mean: np.ndarray) -> np.ndarray:
    """The latent ``(d,)`` of a sample, or the mean for −1; raises `UserError` for a sample that is not there."""
    if sample >= run.dataset.n:
        raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
    return mean if sample < 0 else run.latents(np.array([sample], np.int32))[0]
