"""Estimate of what a training needs, before it starts: parameters, steps, memory."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.models.torch_internals import storage_key
from aeexplorer.training.config import RunConfig
from aeexplorer.training.optimization.plan import Plan

FLOAT_BYTES = 4
COPIES_PER_PARAMETER = 4
"""The parameter, its gradient and Adam's two moving averages."""
TRIAL_SAMPLES = 2
"""Samples of the forward pass from which the memory of a batch is extrapolated."""


@dataclass(frozen=True)
class Estimate:
    """Size of a model and its training, for given settings and a dataset."""

    parameters: int
    """Trainable parameters."""
    steps: int
    """Steps of the whole training."""
    code: tuple[int, ...]
    """Shape of the code of a sample: ``(latent dimensions,)``, or the grid of codebook entries, with their stages if several."""
    discrete: bool
    """Whether the code is made of codebook entries."""
    inputs: int
    """Numbers in a stored sample, over all fields."""
    memory: int
    """Bytes of the parameters with gradients and moving averages, of the dataset, and of a batch's activations."""


def estimate(config: RunConfig, dataset: Dataset) -> Estimate:
    """Estimate the size of a training without allocating its tensors.

    Raises
    ------
    UserError
        If the settings do not fit the dataset.
    """
    with torch.device("meta"):
        # the trial samples have every field
        fields = {name: replace(field, partial=False) for name, field in dataset.fields.items()}
        model = Autoencoder(config.model, fields).eval()
        raw = {name: torch.empty(TRIAL_SAMPLES, *f.shape, dtype=getattr(torch, f.dtype)) for name, f in fields.items()}
        saved_bytes, discrete = _trial_forward(model, raw)
    parameters = sum(p.numel() for p in model.parameters())
    data = sum(f.array.nbytes for f in dataset.fields.values())
    batch = max(config.training.batch_size, config.training.final_batch_size) * saved_bytes // TRIAL_SAMPLES
    return Estimate(
        parameters=parameters,
        steps=Plan(len(dataset.ids("train")), config.training).steps,
        code=_code_shape(model),
        discrete=discrete,
        inputs=sum(math.prod(f.shape) for f in dataset.fields.values()),
        memory=FLOAT_BYTES * COPIES_PER_PARAMETER * parameters + batch + data,
    )


def _code_shape(model: Autoencoder) -> tuple[int, ...]:
    bottleneck = model.bottleneck
    if not isinstance(bottleneck, DiscreteBottleneck):
        return (bottleneck.latent_dim,)
    return (*model.grid, bottleneck.stages) if bottleneck.stages > 1 else tuple(model.grid)


def _trial_forward(model: Autoencoder, raw: dict[str, Tensor]) -> tuple[int, bool]:
    """Return the bytes that autograd saves for the backward pass of a batch, and whether the code is discrete.

    Autograd saves the outputs of layers, but also the weights of an attention and the gates of a recurrent layer at each
    step. Each storage is counted once. Parameters and buffers are not counted.
    """
    model_storages = {storage_key(p) for p in (*model.parameters(), *model.buffers())}
    saved: dict[int, Tensor] = {}

    def save(tensor: Tensor) -> Tensor:
        if storage_key(tensor) not in model_storages:
            saved[storage_key(tensor)] = tensor  # the reference keeps the address from being used again
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
        output = model(model.prepare(raw))
    return sum(tensor.untyped_storage().nbytes() for tensor in saved.values()), output.code.indices is not None
