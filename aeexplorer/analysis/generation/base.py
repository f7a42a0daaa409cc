"""Interface of a prior that new samples are drawn from. Each module of this folder defines one `Prior`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.training.run import Run

FittedPrior = dict[str, np.ndarray]
"""Parameters of a fitted prior, by name."""
MAX_FIT_SAMPLES = 20_000
"""Number of training samples that a prior is fitted on."""


@dataclass(frozen=True)
class Prior:
    """Distribution over latents or codes.

    Parameters
    ----------
    name
        Name in file names and page addresses.
    title
        Name shown in the app.
    help
        One sentence that explains the prior and names the paper.
    place
        Position in the order of the priors. The first prior that is defined for a run is the run's default.
    needs
        Features that a run must have, see `aeexplorer.analysis.features.features`.
    quick
        Whether fitting takes only about a second, so that a page can wait for it.
    fit
        Function that fits the prior to the codes of the training split.
    draw
        ``draw(fitted, count, temperature, seed)`` returns latents float32 ``(count, d)`` or codes int64 ``(count, T)``. A
        temperature of 1 samples the fitted distribution; lower temperatures stay closer to its most probable values.
    """

    name: str
    title: str
    help: str
    place: int
    needs: frozenset[str]
    quick: bool
    fit: Callable[[Run], FittedPrior]
    draw: Callable[[FittedPrior, int, float, int], np.ndarray]


def fit_ids(run: Run) -> np.ndarray:
    """Return the ids of at most 20,000 training samples, drawn with a fixed seed."""
    return np.random.default_rng(0).permutation(run.dataset.ids("train"))[:MAX_FIT_SAMPLES]
