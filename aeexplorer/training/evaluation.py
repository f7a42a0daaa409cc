"""Passing samples through a trained model: reconstructions, latents, codes, errors, and metrics over a whole split."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeexplorer.models.autoencoder import Autoencoder, Output
from aeexplorer.models.bottlenecks.base import Code, concatenate

BATCH = 512
"""Samples at once, at most."""
FEATURES = 2**19
"""Stored features at once, at most: what a network makes of them takes a hundred times their room."""


@dataclass
class Evaluation:
    """A model's figures over some samples, each in the order of their ids."""

    loss: float
    """Mean of what the training minimises, nats per sample."""
    terms: dict[str, float]
    """Mean of each named loss, nats per sample."""
    mse: float
    """Mean squared error per feature, [0, 1] units."""
    errors: np.ndarray
    """float32 ``(n,)``: each sample's mean squared error."""
    code: Code
    """The codes of all samples, on the CPU."""
    statistics: Mapping[str, float | list[float]]
    """What the bottleneck reports over these samples."""


def batches(
    model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray, *, draw: bool = False, corrupt: bool = False
) -> Iterator[tuple[dict[str, Tensor], Output]]:
    """Clean x-space inputs and the model's outputs, batch by batch, without gradients, on the model's device.

    Parameters
    ----------
    model
        In any mode; left in evaluation mode.
    data, ids
        Stored samples by field, ``(n, *shape)``, and which of them, ``(m,)``.
    draw
        Whether a stochastic bottleneck draws its latents, instead of taking their means.
    corrupt
        Whether the encoder sees corrupted inputs, as in training. Draws and corruptions are the same every time.
    """
    device = next(model.parameters()).device
    size = min(BATCH, max(1, FEATURES // sum(math.prod(values.shape[1:]) for values in data.values())))
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), torch.inference_mode():
        torch.manual_seed(0)
        for start in range(0, len(ids), size):
            model.eval()
            model.bottleneck.train(draw and model.bottleneck.stochastic)
            index = torch.from_numpy(np.ascontiguousarray(ids[start : start + size], np.int64))
            x = model.prepare({name: values[index.to(values.device)].to(device) for name, values in data.items()})
            output = model(x, seen=model.corrupt(x) if corrupt else x)
            model.eval()
            yield x, output


def evaluate(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> Evaluation:
    """Run a model over samples.

    Reconstructions, errors and codes are of the posterior's mean; the loss terms of a stochastic bottleneck are of one
    draw a sample, so that they bound the likelihood.

    Parameters
    ----------
    model
        In any mode; left in evaluation mode.
    data
        Stored samples by field, ``(n, *shape)``.
    ids
        Which of them, ``(m,)``, at least one.
    """
    errors, codes, sums = [], [], _Sums()
    for x, output in batches(model, data, ids):
        errors.append(sample_errors(model, output, x).cpu())
        codes.append(output.code)
        if not model.bottleneck.stochastic:
            sums.add(output)
    if model.bottleneck.stochastic:
        for _, output in batches(model, data, ids, draw=True):
            sums.add(output)
    code = concatenate(codes)
    every = torch.cat(errors)
    means = {name: value / len(ids) for name, value in sums.values.items()}
    return Evaluation(
        loss=means.pop("loss"),
        terms=means,
        mse=float(every.mean()),
        errors=every.numpy(),
        code=code,
        statistics=model.bottleneck.statistics(code),
    )


def corrupted_mse(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> float:
    """Mean squared error against the clean samples when the encoder sees corrupted ones."""
    errors = [sample_errors(model, output, x).cpu() for x, output in batches(model, data, ids, corrupt=True)]
    return float(torch.cat(errors).mean())


def sample_errors(model: Autoencoder, output: Output, x: Mapping[str, Tensor]) -> Tensor:
    """Mean squared error of each sample over all fields that it has, ``(B,)``."""
    errors = [m.squared_error(output.reconstruction[n], x[n]) for n, m in model.modalities.items()]
    return errors[0] if len(errors) == 1 else torch.stack(errors).nanmean(0)


class _Sums:
    """Sums over batches of the loss and of each named term."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def add(self, output: Output) -> None:
        for name, value in {**output.terms, "loss": output.loss}.items():
            self.values[name] = self.values.get(name, 0.0) + float(value.sum())
