"""Samples as points in x-space: the inputs of the encoder, all fields flattened and concatenated."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from aeexplorer.training.run import Run

MAX_FEATURES = 2_048
"""Samples with more features are folded to this many."""
BATCH_SIZE = 256


def flatten_samples(run: Run, raw: Mapping[str, Tensor]) -> Tensor:
    """Convert stored samples to x-space and concatenate all fields: ``(m, features)``. Missing values become zero."""
    return torch.cat([x.flatten(1) for x in run.model.prepare(raw).values()], 1).nan_to_num()


def feature_count(run: Run) -> int:
    """Return the number of features of a sample in x-space."""
    return math.prod(flatten_samples(run, run.raw(np.zeros(1, np.int32))).shape)


def input_points(run: Run, ids: np.ndarray) -> np.ndarray:
    """Return samples in x-space: float32 ``(m, min(features, 2,048))``.

    Samples with more than 2,048 features are folded by a count sketch: each feature is multiplied by a random sign and
    added to one of 2,048 buckets. This preserves squared distances to within about 3 % (Charikar, Chen & Farach-Colton
    2002; Weinberger et al. 2009, arXiv:0902.2206).
    """
    features = feature_count(run)
    rng = torch.Generator().manual_seed(0)
    buckets = torch.randint(MAX_FEATURES, (features,), generator=rng)
    signs = torch.randint(2, (features,), generator=rng) * 2.0 - 1
    points = np.empty((len(ids), min(features, MAX_FEATURES)), np.float32)
    for start in range(0, len(ids), BATCH_SIZE):
        x = flatten_samples(run, run.raw(ids[start : start + BATCH_SIZE]))
        if features > MAX_FEATURES:
            x = torch.zeros(len(x), MAX_FEATURES).index_add_(1, buckets, x * signs)
        points[start : start + BATCH_SIZE] = x.numpy()
    return points
