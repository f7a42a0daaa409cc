"""Passing samples through a trained model: reconstructions, latents, codes, errors, and metrics over a whole split."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeexplorer.models.autoencoder import Autoencoder, Output
from aeexplorer.models.bottlenecks.base import Code, concatenate

BATCH = 512


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


def batches(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> Iterator[tuple[dict[str, Tensor], Output]]:
    """x-space inputs and the model's outputs, batch by batch, without gradients, on the model's device."""
    device = next(model.parameters()).device
    model.eval()
    for start in range(0, len(ids), BATCH):
        index = torch.from_numpy(np.asarray(ids[start : start + BATCH], np.int64))
        with torch.inference_mode():
            x = model.prepare({name: values[index.to(values.device)].to(device) for name, values in data.items()})
            yield x, model(x)


def evaluate(model: Autoencoder, data: Mapping[str, Tensor], ids: np.ndarray) -> Evaluation:
    """Run a model over samples.

    Parameters
    ----------
    model
        In any mode; left in evaluation mode.
    data
        Stored samples by field, ``(n, *shape)``.
    ids
        Which of them, ``(m,)``, at least one.
    """
    losses, errors, codes = [], [], []
    terms: dict[str, float] = {}
    for x, output in batches(model, data, ids):
        losses.append(output.loss.cpu())
        errors.append(
            torch.stack([m.squared_error(output.reconstruction[n], x[n]) for n, m in model.modalities.items()]).mean(0).cpu()
        )
        codes.append(output.code)
        for name, value in output.terms.items():
            terms[name] = terms.get(name, 0.0) + float(value.sum())
    code = concatenate(codes)
    every = torch.cat(errors)
    return Evaluation(
        loss=float(torch.cat(losses).mean()),
        terms={name: value / len(ids) for name, value in terms.items()},
        mse=float(every.mean()),
        errors=every.numpy(),
        code=code,
        statistics=model.bottleneck.statistics(code),
    )
