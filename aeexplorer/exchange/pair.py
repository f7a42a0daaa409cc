"""A trained model as two functions of tensors, an encoder and a decoder: what every other format is made from."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from aeexplorer.core.errors import UserError
from aeexplorer.data.scaling import channel_scale
from aeexplorer.data.split import SPLITS
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run

SHOWN = 4
"""Samples that go along, with what the model makes of them."""


class Encoder(nn.Module):
    """x-space of every field ``(B, *shape)``, in order → latents float32 ``(B, d)``, or codes int64 ``(B, T)``."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, *fields: Tensor) -> Tensor:
        model = self.model
        x = dict(zip(model.modalities, fields, strict=True))
        h = model.fuse(x)
        return model.bottleneck(h).indices if isinstance(model.bottleneck, DiscreteBottleneck) else model.bottleneck.embed(h)


class Decoder(nn.Module):
    """Latents or codes, as the encoder gives them → expected samples of every field, in order, in x-space."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, code: Tensor) -> tuple[Tensor, ...]:
        discrete = isinstance(self.model.bottleneck, DiscreteBottleneck)
        return tuple((self.model.decode_codes if discrete else self.model.decode)(code).values())


@dataclass(frozen=True, eq=False)
class Pair:
    """Both halves of a run's model, and samples with what they make of them.

    Parameters
    ----------
    encoder, decoder
        In evaluation mode, on the CPU.
    inputs
        A few held-out samples in x-space, one tensor a field.
    code, outputs
        What the encoder and then the decoder make of them.
    """

    encoder: Encoder
    decoder: Decoder
    inputs: tuple[Tensor, ...]
    code: Tensor
    outputs: tuple[Tensor, ...]


def pair_of(run: Run) -> Pair:
    """Both halves of a run's model; raises `UserError` where it has no weights yet."""
    split = next(name for name in reversed(SPLITS) if len(run.dataset.ids(name)))
    return halves(run.model, tuple(run.model.prepare(run.raw(run.dataset.ids(split)[:SHOWN])).values()))


def halves(model: Autoencoder, inputs: tuple[Tensor, ...]) -> Pair:
    """Both halves of a model in evaluation mode, with samples in x-space, one tensor a field."""
    encoder, decoder = Encoder(model).eval(), Decoder(model).eval()
    with torch.no_grad():
        output = model(dict(zip(model.modalities, inputs, strict=True)))
    code = output.code.latent if output.code.indices is None else output.code.indices
    return Pair(encoder, decoder, inputs, code, tuple(output.reconstruction.values()))


def traced(module: nn.Module, inputs: tuple[Tensor, ...]) -> ExportedProgram:
    """A half as a graph of ATen operations, for any number of samples.

    Raises
    ------
    UserError
        If it does something that depends on the numbers it sees.
    """
    batch = Dim("batch", min=1, max=2**20)
    several = tuple(x.repeat(2, *[1] * (x.dim() - 1)) for x in inputs)  # one sample would be taken for a constant
    shapes: Any = tuple({0: batch} for _ in several)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # recurrent layers hold their weights in a list of their own
            program = torch.export.export(module, several, dynamic_shapes=(shapes,) if isinstance(module, Encoder) else shapes)
            return program.run_decompositions({})
    except Exception as error:  # torch raises a dozen kinds
        first = " ".join(str(error).split())[:200]
        raise UserError(f"this model cannot be written as a graph: {first}", "Export it as a run file instead") from error


def largest_difference(found: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> float:
    """The largest absolute difference of two lists of tensors; infinite where their shapes differ."""
    if [x.shape for x in found] != [y.shape for y in wanted]:
        return math.inf
    return max(float((x.double() - y.double()).abs().max()) for x, y in zip(found, wanted, strict=True))


def described(run: Run, pair: Pair) -> dict[str, Any]:
    """What goes beside the files: run, dataset, settings, and what each tensor is."""
    return {
        "run": run.id,
        "name": run.name,
        "dataset": run.dataset.name,
        "config": run.config.model_dump(mode="json"),
        "inputs": list(_fields(run, pair.inputs)),
        "code": {"shape": list(pair.code.shape[1:]), "dtype": str(pair.code.dtype).removeprefix("torch.")},
        "outputs": list(_fields(run, pair.outputs)),
    }


def _fields(run: Run, tensors: tuple[Tensor, ...]) -> Iterator[dict[str, Any]]:
    for i, ((name, field), tensor) in enumerate(zip(run.dataset.fields.items(), tensors, strict=True)):
        scale = "stored values divided by 255" if field.dtype == "uint8" else "[0, 1] units"
        if (channels := channel_scale(field.meta)) is not None:
            low, span = (", ".join(f"{number:.9g}" for number in numbers) for numbers in channels)
            scale += f", then of each channel minus {low}, then divided by {span}"
        shape = list(tensor.shape[1:])
        yield {"tensor": f"x{i}", "field": name, "modality": field.modality, "shape": shape, "dtype": "float32", "scale": scale}


def example_arrays(pair: Pair) -> dict[str, np.ndarray]:
    """The samples that go along, by name: ``x0`` …, ``code``, ``y0`` …"""
    found = (
        {f"x{i}": x for i, x in enumerate(pair.inputs)} | {"code": pair.code} | {f"y{i}": y for i, y in enumerate(pair.outputs)}
    )
    return {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in found.items()}
