"""What a training will cost, told before it starts: parameters, steps, memory."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.config import RunConfig
from aeexplorer.training.plan import Plan

FLOAT = 4
COPIES = 4
"""Each parameter is held four times: itself, its gradient and Adam's two averages."""
TRIED = 2
"""Samples whose way through the model is followed."""


@dataclass(frozen=True)
class Estimate:
    """What settings amount to on a dataset."""

    parameters: int
    """Numbers that are learned."""
    steps: int
    """Steps of the whole training."""
    code: tuple[int, ...]
    """Numbers in the code of a sample: ``(latent dimensions,)``, or the grid of codebook entries, times their stages."""
    discrete: bool
    """Whether the code is made of codebook entries."""
    inputs: int
    """Numbers in a sample, over all fields."""
    memory: int
    """Bytes of the parameters with gradients and averages, the dataset, and what a batch leaves on its way through the model."""


def estimate(config: RunConfig, dataset: Dataset) -> Estimate:
    """What these settings amount to, without allocating any of it.

    Raises
    ------
    UserError
        If the settings do not fit the dataset.
    """
    with torch.device("meta"):
        whole = {name: replace(field, partial=False) for name, field in dataset.fields.items()}  # none is there to lack
        model = Autoencoder(config.model, whole).eval()
        sample = {name: torch.empty(TRIED, *f.shape, dtype=getattr(torch, f.dtype)) for name, f in dataset.fields.items()}
        saved, discrete = _forward(model, sample)
    parameters = sum(p.numel() for p in model.parameters())
    data = sum(f.array.nbytes for f in dataset.fields.values())
    batch = max(config.training.batch_size, config.training.final_batch_size) * saved // TRIED
    return Estimate(
        parameters=parameters,
        steps=Plan(len(dataset.ids("train")), config.training).steps,
        code=_code_shape(model),
        discrete=discrete,
        inputs=sum(math.prod(f.shape) for f in dataset.fields.values()),
        memory=FLOAT * COPIES * parameters + batch + data,
    )


def _code_shape(model: Autoencoder) -> tuple[int, ...]:
    bottleneck = model.bottleneck
    if not isinstance(bottleneck, DiscreteBottleneck):
        return (bottleneck.latent_dim,)
    return (*model.grid, bottleneck.stages) if bottleneck.stages > 1 else tuple(model.grid)


def _forward(model: Autoencoder, sample: dict[str, Tensor]) -> tuple[int, bool]:
    """Bytes that a few samples keep for the way back, and whether their code is made of codebook entries.

    What autograd saves is counted, each storage once: outputs of layers, but also the weights of an attention and the
    gates of a recurrent layer at each step.
    """
    own = {p.untyped_storage()._cdata for p in (*model.parameters(), *model.buffers())}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage()._cdata not in own:
            kept[tensor.untyped_storage()._cdata] = tensor  # held, so that no other gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        output = model(model.prepare(sample))
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values()), output.code.indices is not None
