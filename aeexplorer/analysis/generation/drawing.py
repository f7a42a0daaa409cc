"""Priors fitted once and kept in the run's folder, draws from them, and the training samples nearest to the draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from aeexplorer.analysis.cache import cache_arrays, cached_arrays, results_digest
from aeexplorer.analysis.decoding import decode, decode_codes
from aeexplorer.analysis.generation import offered_priors, prior_of
from aeexplorer.analysis.generation.base import Fitted
from aeexplorer.analysis.inputs import flat
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

COMPARED = 60_000
"""Training samples that draws are compared with at most."""
ROWS = 2_048


@dataclass(frozen=True, eq=False)
class Draws:
    """New samples.

    Parameters
    ----------
    prior, temperature, seed
        What they were drawn with.
    codes
        Latents float32 ``(m, d)`` or codes int64 ``(m, T)``.
    samples
        ``{field: (m, *shape)}``, in the units the samples are stored in.
    nearest
        int32 ``(m,)``: the training sample nearest to each, by Euclidean distance in x-space.
    distances
        float32 ``(m,)``: root of the mean squared difference from it, [0, 1] units.
    compared
        How many training samples were looked at.
    """

    prior: str
    temperature: float
    seed: int
    codes: np.ndarray
    samples: Mapping[str, np.ndarray]
    nearest: np.ndarray
    distances: np.ndarray
    compared: int


def fitted_prior(run: Run, name: str) -> Fitted | None:
    """What lies in the run's folder, or None where the prior has not been fitted to the present results."""
    return cached_arrays(run, _path(name))


def fit_prior(run: Run, name: str) -> Fitted:
    """The prior of a run, fitted now where it is not in the run's folder yet.

    Raises
    ------
    UserError
        For an unknown prior, one that the run cannot have, and a run without results.
    """
    found = fitted_prior(run, name)
    if found is not None:
        return found
    results = results_digest(run)
    prior = prior_of(name)
    if prior not in (offered := offered_priors(run)):
        raise UserError(f"the run {run.name} has no prior {name}", f"Choose one of {', '.join(p.name for p in offered)}")
    found = prior.fit(run)
    cache_arrays(run, _path(name), found, results)
    return found


def draw(run: Run, name: str = "", count: int = 24, temperature: float = 1.0, seed: int = 0) -> Draws:
    """New samples, and the training samples nearest to them.

    Parameters
    ----------
    run
        With results.
    name
        Name of a prior; the run's default where empty.
    count
        How many.
    temperature
        Above 0; 1 is the prior as fitted.
    seed
        The same seed gives the same draws.

    Raises
    ------
    UserError
        As `fit_prior`.
    """
    name = name or offered_priors(run)[0].name
    codes = prior_of(name).draw(fit_prior(run, name), count, temperature, seed)
    samples = decode_codes(run, codes) if codes.dtype.kind == "i" else decode(run, codes)
    rows, distances, compared = _nearest(run, samples)
    return Draws(name, temperature, seed, codes, samples, rows, distances, compared)


def _nearest(run: Run, samples: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    ids = run.dataset.ids("train")
    if len(ids) > COMPARED:
        ids = np.sort(np.random.default_rng(0).permutation(ids)[:COMPARED])
    drawn = flat(run, {name: torch.from_numpy(array) for name, array in samples.items()})
    best = torch.full((len(drawn),), torch.inf)
    found = torch.zeros(len(drawn), dtype=torch.int64)
    for start in range(0, len(ids), ROWS):
        among = flat(run, run.raw(ids[start : start + ROWS]))
        squares = drawn.square().sum(1)[:, None] + among.square().sum(1) - 2 * drawn @ among.T
        low, place = squares.min(1)
        found = torch.where(low < best, place + start, found)
        best = torch.minimum(low, best)
    distances = (best.clamp_min(0) / drawn.shape[1]).sqrt()
    return ids[found.numpy()].astype(np.int32), distances.numpy(), len(ids)


def _path(name: str) -> str:
    return f"priors/{prior_of(name).name}.safetensors"
