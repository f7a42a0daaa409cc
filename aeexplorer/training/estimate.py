"""What a training will cost, told before it starts: parameters, steps, memory."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.config import RunConfig
from aeexplorer.training.plan import Plan

FLOAT = 4
COPIES = 4
"""Each parameter is held four times: itself, its gradient and Adam's two averages."""


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
    """Bytes of the parameters with gradients and averages, the dataset, and a batch on its way through the model and back."""


def estimate(config: RunConfig, dataset: Dataset) -> Estimate:
    """What these settings amount to, without allocating any of it.

    Raises
    ------
    UserError
        If the settings do not fit the dataset.
    """
    with torch.device("meta"):
        model = Autoencoder(config.model, dataset.fields).eval()
        sample = {name: torch.empty(1, *f.shape, dtype=getattr(torch, f.dtype)) for name, f in dataset.fields.items()}
        activations, discrete = _forward(model, sample)
    parameters = sum(p.numel() for p in model.parameters())
    data = sum(f.array.nbytes for f in dataset.fields.values())
    batch = max(config.training.batch_size, config.training.final_batch_size) * activations * 2
    return Estimate(
        parameters=parameters,
        steps=Plan(len(dataset.ids("train")), config.training).steps,
        code=_code_shape(model),
        discrete=discrete,
        inputs=sum(math.prod(f.shape) for f in dataset.fields.values()),
        memory=FLOAT * (COPIES * parameters + batch) + data,
    )


def _code_shape(model: Autoencoder) -> tuple[int, ...]:
    bottleneck = model.bottleneck
    if not isinstance(bottleneck, DiscreteBottleneck):
        return (bottleneck.latent_dim,)
    return (*model.grid, bottleneck.stages) if bottleneck.stages > 1 else tuple(model.grid)


def _forward(model: Autoencoder, sample: dict[str, Tensor]) -> tuple[int, bool]:
    """Numbers that the layers put out for one sample, and whether its code is made of codebook entries."""
    count = 0

    def add(_: nn.Module, __: object, output: object) -> None:
        nonlocal count
        count += output.numel() if isinstance(output, Tensor) else 0

    hooks = [m.register_forward_hook(add) for m in model.modules() if not any(m.children())]
    code = model(model.prepare(sample)).code
    for hook in hooks:
        hook.remove()
    return count, code.indices is not None
