"""What a prior to draw new samples from is. One module of this folder a prior; each offers one `Prior`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from aeexplorer.training.run import Run

Fitted = dict[str, np.ndarray]
FITTED = 20_000
"""Training samples that a prior is fitted on at most."""


@dataclass(frozen=True)
class Prior:
    """A distribution over codes.

    Parameters
    ----------
    name, title, help
        As in a file's name; for people; what it is, with the paper.
    place
        The one with the lowest place that a run can have is its default.
    needs
        What a run must have, as in `aeexplorer.analysis.features.features`.
    quick
        Whether it is fitted in about a second, so that a page may wait for it.
    fit
        Fits it to the codes of the training split.
    draw
        ``draw(fitted, count, temperature, seed)`` → latents float32 ``(count, d)``, or codes int64 ``(count, T)``. A
        temperature of 1 is the distribution as fitted; the lower, the closer to what is most probable.
    """

    name: str
    title: str
    help: str
    place: int
    needs: frozenset[str]
    quick: bool
    fit: Callable[[Run], Fitted]
    draw: Callable[[Fitted, int, float, int], np.ndarray]


def fitted_on(run: Run) -> np.ndarray:
    """Ids of at most 20,000 training samples, drawn with a fixed seed."""
    return np.random.default_rng(0).permutation(run.dataset.ids("train"))[:FITTED]
