"""Samples as the points of one space: what the encoder gets, laid end to end."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.training.run import Run

LONGEST = 2_048
"""Features that are kept as they are; more are folded into so many."""
ROWS = 256


def flat(run: Run, raw: Mapping[str, Tensor]) -> Tensor:
    """Stored samples → x-space of all fields side by side ``(m, features)``, zeros where a value is missing."""
    return torch.cat([x.flatten(1) for x in run.model.prepare(raw).values()], 1).nan_to_num()


def feature_count(run: Run) -> int:
    """How many features a sample has in x-space."""
    return math.prod(flat(run, run.raw(np.zeros(1, np.int32))).shape)


def input_points(run: Run, ids: np.ndarray) -> np.ndarray:
    """Samples in x-space: float32 ``(m, ≤ 2,048)``.

    More features than that are folded: each is added, with a random sign, to one of 2,048 places, which keeps squared
    distances to within some 3 % (count sketch: Charikar, Chen & Farach-Colton 2002; Weinberger et al. 2009,
    arXiv:0902.2206).
    """
    features = feature_count(run)
    rng = torch.Generator().manual_seed(0)
    places = torch.randint(LONGEST, (features,), generator=rng)
    signs = torch.randint(2, (features,), generator=rng) * 2.0 - 1
    points = np.empty((len(ids), min(features, LONGEST)), np.float32)
    for start in range(0, len(ids), ROWS):
        x = flat(run, run.raw(ids[start : start + ROWS]))
        if features > LONGEST:
            x = torch.zeros(len(x), LONGEST).index_add_(1, places, x * signs)
        points[start : start + ROWS] = x.numpy()
    return points
