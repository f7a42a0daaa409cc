"""Held-out samples whose values lie far outside the range of the training samples."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.scoring.pca import MAX_NUMBERS, MAX_SAMPLES, flatten_fields, prepare_samples

MIN_DISTANCE = 2.0
"""Distance from the training range, in widths of that range, from which a sample is far outside."""
MAX_SAMPLES_NAMED = 5
_BATCH = 512


@dataclass(frozen=True)
class OutsideSample:
    """A held-out sample with a value far outside the training range.

    Parameters
    ----------
    id
        Id of the sample.
    field, part
        Field, and column or channel (empty for the whole field), that lies furthest outside.
    distance
        Distance from the training range, in widths of that range.
    error_share
        Share of this sample in the summed error of its split.
    """

    id: int
    field: str
    part: str
    distance: float
    error_share: float


def find_outside(model: Autoencoder, dataset: Dataset, ids: np.ndarray, errors: np.ndarray) -> list[dict[str, Any]]:
    """Find the samples that lie furthest outside the training range, at most five, the furthest first.

    Only fields of numbers are checked: the values of pictures cannot leave their range.

    Parameters
    ----------
    model
        The model that prepares the samples.
    dataset
        Samples and their splits.
    ids
        Ids of the held-out samples, ``(m,)``.
    errors
        Error of each of these samples, ``(m,)``.

    Returns
    -------
    list of dict
        `OutsideSample` as dictionaries.
    """
    names = [name for name, field in dataset.fields.items() if field.dtype == "float32"]
    if not names or not len(ids):
        return []
    ranges = _training_ranges(model, dataset, names)
    widths = {name: model.modalities[name].part_errors(low[None], high[None]) for name, (low, high) in ranges.items()}
    total = max(float(np.nansum(errors)), 1e-30)
    outside = []
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        x = prepare_samples(model, dataset, batch)
        for name, (low, high) in ranges.items():
            nearest = torch.minimum(torch.maximum(x[name], low), high)
            counted = model.modalities[name].counted_parts
            for part, squares in model.modalities[name].part_errors(nearest, x[name]).items():
                width = float(widths[name][part])
                if part in counted or not width > 0:
                    continue
                distances = (squares / width).sqrt().nan_to_num()
                for i in torch.nonzero(distances > MIN_DISTANCE).flatten().tolist():
                    share = float(errors[start + i]) / total
                    outside.append(OutsideSample(int(batch[i]), name, part, float(distances[i]), share))
    furthest: dict[int, OutsideSample] = {}
    for sample in sorted(outside, key=lambda sample: -sample.distance):
        furthest.setdefault(sample.id, sample)
    return [asdict(sample) for sample in list(furthest.values())[:MAX_SAMPLES_NAMED]]


def _training_ranges(model: Autoencoder, dataset: Dataset, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
    """Return the lowest and highest value of each feature over the training samples, ``(*shape)`` each, by field."""
    train = np.random.default_rng(0).permutation(dataset.ids("train"))
    limit = MAX_SAMPLES
    ranges: dict[str, tuple[Tensor, Tensor]] = {}
    for start in range(0, min(limit, len(train)), _BATCH):
        x = prepare_samples(model, dataset, train[start : start + _BATCH])
        if start == 0:
            limit = max(2, min(MAX_SAMPLES, MAX_NUMBERS // flatten_fields(x).shape[1]))
        for name in names:
            low, high = x[name].nan_to_num(torch.inf).amin(0), x[name].nan_to_num(-torch.inf).amax(0)
            if name in ranges:
                low, high = torch.minimum(low, ranges[name][0]), torch.maximum(high, ranges[name][1])
            ranges[name] = (low, high)
    return ranges
