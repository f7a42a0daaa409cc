"""Fit priors once, draw new samples from them, and find the training samples nearest to the draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.decoding import decode, decode_codes
from aeexplorer.analysis.generation import offered_priors, prior_of
from aeexplorer.analysis.generation.base import FittedPrior
from aeexplorer.analysis.inputs import flatten_samples
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MAX_COMPARED = 60_000
"""Number of training samples that draws are compared with."""
_CHUNK_ROWS = 2_048


@dataclass(frozen=True, eq=False)
class Draws:
    """New samples.

    Parameters
    ----------
    prior, temperature, seed
        Name of the prior, and the arguments that the samples were drawn with.
    codes
        Latents float32 ``(m, d)`` or codes int64 ``(m, T)``.
    samples
        ``{field: (m, *shape)}``, in stored units.
    nearest
        Training sample nearest to each draw by Euclidean distance in x-space, int32 ``(m,)``.
    distances
        Root mean squared difference from the nearest training sample, float32 ``(m,)``, in [0, 1] units.
    compared
        Number of training samples that the draws were compared with.
    """

    prior: str
    temperature: float
    seed: int
    codes: np.ndarray
    samples: Mapping[str, np.ndarray]
    nearest: np.ndarray
    distances: np.ndarray
    compared: int


def cached_prior(run: Run, name: str) -> FittedPrior | None:
    """Read a fitted prior from the run's folder; None if it was not fitted to the current results."""
    return cached_arrays(run, _path(name))


def fit_prior(run: Run, name: str) -> FittedPrior:
    """Return a fitted prior of a run; fit and store it if it is not cached.

    Raises
    ------
    UserError
        If the prior does not exist, if it is not defined for the run, or if the run has no results.
    """
    cached = cached_prior(run, name)
    if cached is not None:
        return cached
    results = results_digest(run)
    prior = prior_of(name)
    if prior not in (offered := offered_priors(run)):
        raise UserError(f"the run {run.name} has no prior {name}", f"Choose one of {', '.join(p.name for p in offered)}")
    fitted = prior.fit(run)
    cache_arrays(run, _path(name), fitted, results)
    return fitted


def draw(run: Run, name: str = "", count: int = 24, temperature: float = 1.0, seed: int = 0) -> Draws:
    """Draw new samples and find the training samples nearest to them.

    Parameters
    ----------
    run
        A run with results.
    name
        Name of a prior; the run's default prior if empty.
    count
        Number of samples.
    temperature
        Temperature above 0; 1 samples the prior as fitted.
    seed
        Seed of the draws.

    Raises
    ------
    UserError
        Raises the same errors as `fit_prior`.
    """
    name = name or offered_priors(run)[0].name
    codes = prior_of(name).draw(fit_prior(run, name), count, temperature, seed)
    samples = decode_codes(run, codes) if codes.dtype.kind == "i" else decode(run, codes)
    nearest, distances, compared = _nearest(run, samples)
    return Draws(name, temperature, seed, codes, samples, nearest, distances, compared)


def _nearest(run: Run, samples: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the nearest training sample of each sample, the distance to it, and the number of compared training samples."""
    ids = run.dataset.ids("train")
    if len(ids) > MAX_COMPARED:
        ids = np.sort(np.random.default_rng(0).permutation(ids)[:MAX_COMPARED])
    drawn = flatten_samples(run, {name: torch.from_numpy(array) for name, array in samples.items()})  # (m, F)
    best = torch.full((len(drawn),), torch.inf)
    rows = torch.zeros(len(drawn), dtype=torch.int64)
    for start in range(0, len(ids), _CHUNK_ROWS):
        train = flatten_samples(run, run.raw(ids[start : start + _CHUNK_ROWS]))
        squares = drawn.square().sum(1)[:, None] + train.square().sum(1) - 2 * drawn @ train.T  # (m, rows)
        low, row = squares.min(1)
        rows = torch.where(low < best, row + start, rows)
        best = torch.minimum(low, best)
    distances = (best.clamp_min(0) / drawn.shape[1]).sqrt()
    return ids[rows.numpy()].astype(np.int32), distances.numpy(), len(ids)


def _path(name: str) -> str:
    return f"priors/{prior_of(name).name}.safetensors"
