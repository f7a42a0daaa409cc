"""Evaluation of a model on samples: reconstructions, latents, codes, errors, and metrics over a whole split."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aeexplorer.models.autoencoder import Autoencoder, Output
from aeexplorer.models.bottlenecks.base import Code, concatenate_codes

MAX_BATCH_SAMPLES = 512
MAX_BATCH_FEATURES = 2**19
"""Stored features per batch, at most: a network's activations take about a hundred times their memory."""


@dataclass
class Evaluation:
    """Results of a model on samples. Arrays are in the order of the sample ids."""

    loss: float
    """Mean training loss, nats per sample."""
    terms: dict[str, float]
    """Mean of each loss term by name, nats per sample."""
    mse: float
    """Mean squared error per feature, for features in [0, 1]."""
    sample_terms: Mapping[str, np.ndarray]
    """Each loss term of each sample by name, float32 ``(n,)``, nats."""
    errors: np.ndarray
    """Mean squared error of each sample, float32 ``(n,)``."""
    code: Code
    """Codes of all samples, on the CPU."""
    statistics: Mapping[str, float | list[float]]
    """Statistics of the bottleneck over the samples, for example its perplexity."""


def forward_batches(
    model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray, *, draw: bool = False, corrupt: bool = False
) -> Iterator[tuple[dict[str, Tensor], Output]]:
    """Run a model over samples batch by batch, without gradients, on the model's device.

    Parameters
    ----------
    model
        The model, in any mode. It is left in evaluation mode.
    data
        Stored samples by field, ``(n, *shape)``.
    ids
        Indices of the samples to use, ``(m,)``.
    draw
        Whether a stochastic bottleneck draws its latents, instead of using the posterior's mean.
    corrupt
        Whether the encoder sees corrupted inputs, as in training.

    Yields
    ------
    x : dict
        Clean inputs in x-space by field, ``(B, *shape)``.
    output : Output
        The model's output. Drawn latents and corruptions are the same on every call.
    """
    device = next(model.parameters()).device
    size = batch_size(data)
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


def batch_size(data: Mapping[str, Any]) -> int:
    """Return the number of samples in a batch of `forward_batches`, for stored samples by field, ``(n, *shape)``."""
    return min(MAX_BATCH_SAMPLES, max(1, MAX_BATCH_FEATURES // sum(math.prod(values.shape[1:]) for values in data.values())))


def evaluate(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> Evaluation:
    """Evaluate a model on samples.

    Reconstructions, errors and codes use the posterior's mean. The loss terms of a stochastic bottleneck use one drawn
    latent per sample, so that they bound the likelihood.

    Parameters
    ----------
    model
        The model, in any mode. It is left in evaluation mode.
    data
        Stored samples by field, ``(n, *shape)``.
    ids
        Indices of the samples to use, ``(m,)``, at least one.
    """
    errors, codes, sums = [], [], _Sums()
    for x, output in forward_batches(model, data, ids):
        errors.append(sample_errors(model, output.reconstruction, x).cpu())
        codes.append(output.code)
        if not model.bottleneck.stochastic:
            sums.add(output)
    if model.bottleneck.stochastic:
        for _, output in forward_batches(model, data, ids, draw=True):
            sums.add(output)
    code = concatenate_codes(codes)
    sample_mse = torch.cat(errors)  # (m,)
    means = {name: value / len(ids) for name, value in sums.values.items()}
    return Evaluation(
        loss=means.pop("loss"),
        terms=means,
        sample_terms={name: torch.cat(values).numpy() for name, values in sums.samples.items()},
        mse=float(sample_mse.mean()),
        errors=sample_mse.numpy(),
        code=code,
        statistics=model.bottleneck.statistics(code),
    )


def corrupted_errors(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> np.ndarray:
    """Return the error of each sample against the clean one when the encoder sees corrupted ones, float32 ``(m,)``."""
    batches = forward_batches(model, data, ids, corrupt=True)
    return torch.cat([sample_errors(model, output.reconstruction, x).cpu() for x, output in batches]).numpy()


def sample_errors(model: Autoencoder, reconstruction: Mapping[str, Tensor], x: Mapping[str, Tensor]) -> Tensor:
    """Return the mean error of each sample over the fields that it has, ``(B,)``, see `Modality.error`."""
    errors = [m.error(reconstruction[n], x[n]) for n, m in model.modalities.items()]
    return errors[0] if len(errors) == 1 else torch.stack(errors).nanmean(0)


class _Sums:
    """Sums of the loss and of each loss term over batches, and the terms of each sample."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.samples: dict[str, list[Tensor]] = {}

    def add(self, output: Output) -> None:
        for name, value in {**output.terms, "loss": output.loss}.items():
            self.values[name] = self.values.get(name, 0.0) + float(value.sum())
        for name, value in output.terms.items():
            self.samples.setdefault(name, []).append(value.float().cpu())
