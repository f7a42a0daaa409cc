"""A trained model as two functions of tensors, an encoder and a decoder. The other formats are exported from them."""

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.data.scaling import channel_scale
from aeexplorer.data.split import SPLITS
from aeexplorer.data.tabular import column_scale
from aeexplorer.data.units import difference_in_own_units
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run

EXAMPLES = 4
"""Example samples that are exported together with their codes and reconstructions."""


class Encoder(nn.Module):
    """Encoder of a model with one positional argument per field.

    Takes x-space tensors ``(B, *shape)`` in the order of the fields. Returns latents, float32 ``(B, d)``, or for discrete
    bottlenecks codes, int64 ``(B, T)``.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, *fields: Tensor) -> Tensor:
        model = self.model
        x = dict(zip(model.modalities, fields, strict=True))
        h = model.fuse(x)
        return model.bottleneck(h).indices if isinstance(model.bottleneck, DiscreteBottleneck) else model.bottleneck.embed(h)


class Decoder(nn.Module):
    """Decoder of a model from the output of `Encoder`.

    Returns the expected samples of every field in x-space, ``(B, *shape)``, in the order of the fields.
    """

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, code: Tensor) -> tuple[Tensor, ...]:
        discrete = isinstance(self.model.bottleneck, DiscreteBottleneck)
        return tuple((self.model.decode_codes if discrete else self.model.decode)(code).values())


@dataclass(frozen=True, eq=False)
class Pair:
    """Encoder and decoder of a model, with examples of their inputs and outputs.

    Parameters
    ----------
    encoder, decoder
        Both halves in evaluation mode, on the CPU.
    inputs
        A few samples in x-space, one tensor per field.
    code
        Output of the encoder for the samples.
    outputs
        Output of the decoder for `code`, one tensor per field.
    """

    encoder: Encoder
    decoder: Decoder
    inputs: tuple[Tensor, ...]
    code: Tensor
    outputs: tuple[Tensor, ...]


def build_run_pair(run: Run) -> Pair:
    """Build the pair of a run's model, with held-out samples as examples.

    Raises
    ------
    UserError
        If the run has no weights yet.
    """
    split = next(name for name in reversed(SPLITS) if len(run.dataset.ids(name)))
    return build_pair(run.model, tuple(run.model.prepare(run.raw(run.dataset.ids(split)[:EXAMPLES])).values()))


def build_pair(model: Autoencoder, inputs: tuple[Tensor, ...]) -> Pair:
    """Build the pair of a model in evaluation mode.

    Parameters
    ----------
    model
        The model.
    inputs
        Example samples in x-space, one tensor ``(B, *shape)`` per field.
    """
    encoder, decoder = Encoder(model).eval(), Decoder(model).eval()
    with torch.no_grad():
        output = model(dict(zip(model.modalities, inputs, strict=True)))
    code = output.code.latent if output.code.indices is None else output.code.indices
    return Pair(encoder, decoder, inputs, code, tuple(output.reconstruction.values()))


def trace(module: nn.Module, inputs: tuple[Tensor, ...]) -> ExportedProgram:
    """Trace an encoder or decoder into a graph of ATen operations, for any number of samples.

    Parameters
    ----------
    module
        An `Encoder` or a `Decoder`.
    inputs
        Example inputs; only their shapes and dtypes matter.

    Raises
    ------
    UserError
        If the computation depends on the values of the inputs.
    """
    batch = Dim("batch", min=1, max=2**20)
    repeated = tuple(x.repeat(2, *[1] * (x.dim() - 1)) for x in inputs)  # torch treats a batch size of one as a constant
    shapes: Any = tuple({0: batch} for _ in repeated)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # recurrent layers keep their weights in a separate list
            program = torch.export.export(module, repeated, dynamic_shapes=(shapes,) if isinstance(module, Encoder) else shapes)
            return program.run_decompositions({})
    except Exception as error:  # torch raises many kinds
        message = " ".join(str(error).split())[:200]
        raise UserError(f"this model cannot be written as a graph: {message}", "Export the run as a run file instead") from error


def largest_difference(first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> float:
    """Return the largest absolute difference of two lists of tensors; infinity if their shapes differ."""
    if [x.shape for x in first] != [y.shape for y in second]:
        return math.inf
    return max(float((x.double() - y.double()).abs().max()) for x, y in zip(first, second, strict=True))


def describe_pair(run: Run, pair: Pair) -> dict[str, Any]:
    """Describe an exported pair as plain data: its run, dataset and settings, and each tensor. The content of about.json."""
    return {
        "run": run.id,
        "name": run.name,
        "dataset": run.dataset.name,
        "config": run.config.model_dump(mode="json"),
        "inputs": list(_describe_fields(run, pair.inputs)),
        "code": {"shape": list(pair.code.shape[1:]), "dtype": str(pair.code.dtype).removeprefix("torch.")},
        "outputs": list(_describe_fields(run, pair.outputs)),
    }


def _describe_fields(run: Run, tensors: tuple[Tensor, ...]) -> Iterator[dict[str, Any]]:
    for i, ((name, field), tensor) in enumerate(zip(run.dataset.fields.items(), tensors, strict=True)):
        scale = "stored values divided by 255" if field.dtype == "uint8" else "[0, 1] units"
        if (channels := channel_scale(field.meta)) is not None:
            low, span = (", ".join(f"{number:.9g}" for number in numbers) for numbers in channels)
            scale += f", then of each channel minus {low}, then divided by {span}"
        if columns := [_describe_column(column, *numbers) for column, *numbers in _numeric_columns(field)]:
            scale += " of each numeric column: a value is at_0 + x (at_1 - at_0), in the units of the file"
        shape = list(tensor.shape[1:])
        about = {"tensor": f"x{i}", "field": name, "modality": field.modality, "shape": shape, "dtype": "float32", "scale": scale}
        yield about | ({"columns": columns} if columns else {})


def _numeric_columns(field: Field) -> Iterator[tuple[Mapping[str, Any], float, float]]:
    """Yield description, offset and span of each numeric column or channel, see `column_scale`."""
    if "columns" in field.meta:
        for column, low, span in zip(field.meta["columns"], *column_scale(field.meta), strict=True):
            if column["kind"] == "numeric":
                yield column, float(low), float(span)


def _describe_column(column: Mapping[str, Any], low: float, span: float) -> dict[str, Any]:
    """Describe a numeric column: the values in its own units at 0 and 1 of x-space; for dates, days since ``start``."""
    offset = float(column.get("offset", 0))
    at_0, at_1 = (offset + difference_in_own_units(column, stored) for stored in (low, low + span))
    units = {key: column[key] for key in ("start", "zone", "unit") if key in column}
    return {"name": str(column["name"]), "at_0": at_0, "at_1": at_1, **units}


def example_arrays(pair: Pair) -> dict[str, np.ndarray]:
    """Return the examples of a pair by name: ``x0`` …, ``code``, ``y0`` …"""
    tensors = (
        {f"x{i}": x for i, x in enumerate(pair.inputs)} | {"code": pair.code} | {f"y{i}": y for i, y in enumerate(pair.outputs)}
    )
    return {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in tensors.items()}
