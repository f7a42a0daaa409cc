"""Encode the content of an offline page: plain data for its scripts, and one block of bytes for its arrays."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from aeexplorer.analysis.maps.projection import Projection
from aeexplorer.analysis.samples.colouring import colouring, offered_colourings
from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.exchange.offline.pictures import Sheet
from aeexplorer.exchange.offline.program import pack_constant, trace_decoder
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run
from aeexplorer.views.maps.points import point_traces
from aeexplorer.views.palette import OTHER, SCALE

MAX_COLOURINGS = 8
"""Largest number of colourings in the file, the shown one first."""
CHECKED_SAMPLES = 24
"""Samples on which the decoder's rounding error is measured."""
DECODER_SHARE = 0.45
"""Largest share of the file for the decoder. A decoder that is larger in 16 bits is stored in 8 bits, or left out."""
LATENTS_SHARE = 0.2
"""Largest share of the file for the latents of its samples."""


@dataclass
class Blocks:
    """Arrays in one block of bytes, each aligned to eight bytes.

    The plain data refers to an array as ``[kind, offset, length]``: its dtype without the byte order, the offset in bytes, and
    the number of elements.
    """

    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, array: np.ndarray | bytes) -> list[Any]:
        """Append an array, little-endian, and return the reference to it."""
        numbers = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else np.ascontiguousarray(array)
        reference = [numbers.dtype.str[1:], self.size, numbers.size]
        content = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()
        for part in (content, bytes(-len(content) % 8)):
            self.parts.append(part)
            self.size += len(part)
        return reference

    def text(self) -> str:
        """Return the whole block as base64."""
        return base64.b64encode(b"".join(self.parts)).decode()


def encode_colourings(run: Run, whole: Projection, projection: Projection, shown: str, blocks: Blocks) -> list[dict[str, Any]]:
    """Encode the colourings of a map as the app draws them.

    Parameters
    ----------
    run
        The run.
    whole
        The map with all its samples, from which the colourings are computed.
    projection
        The map with the samples of the page.
    shown
        Name of the colouring to put first.
    blocks
        Receives the arrays.

    Returns
    -------
    list of dict
        Per colouring its name, the groups with name, colour and symbol, each sample's group, and the colour scale if the
        colouring has numbers.
    """
    names = list(dict.fromkeys([shown, *offered_colourings(run)]))[:MAX_COLOURINGS]
    encoded = []
    for name in names:
        traces, marks = point_traces(projection.xy, projection.ids, colouring(run, name, projection.ids, whole))
        group = np.zeros(len(projection.ids), np.uint8)
        values = np.full(len(projection.ids), np.nan, np.float32)
        groups, scale = [], None
        for i, (trace, mark) in enumerate(zip(traces, marks, strict=True)):
            rows = np.searchsorted(projection.ids, mark.ids)
            group[rows] = i
            marker = trace.marker
            if isinstance(marker.color, str):
                groups.append({"name": trace.name, "colour": marker.color, "symbol": marker.symbol})
            else:
                values[rows] = marker.color
                groups.append({"name": trace.name, "colour": OTHER, "symbol": "circle"})
                scale = {"values": None, "low": float(marker.cmin), "high": float(marker.cmax), "colours": list(SCALE)}
        if scale is not None:
            scale["values"] = blocks.add(values)
        encoded.append({"name": name, "groups": groups, "group": blocks.add(group), "scale": scale})
    return encoded


def encode_latents(run: Run, ids: np.ndarray, budget: float, blocks: Blocks) -> dict[str, Any] | None:
    """Encode the latents of samples in float16, or as codes with their codebook for discrete bottlenecks.

    Returns
    -------
    dict or None
        None if the latents need more than `budget` bytes.
    """
    bottleneck = run.model.bottleneck
    if isinstance(bottleneck, DiscreteBottleneck) and run.codes is not None:
        codes = np.asarray(run.codes[ids])
        codes = codes.astype(np.min_scalar_type(int(codes.max())))
        entries = bottleneck.entries.numpy().astype(np.float16)
        if codes.nbytes + entries.nbytes <= budget:
            about = {"stages": bottleneck.stages, "width": bottleneck.code_dim, "tokens": codes.shape[1]}
            return {"codes": blocks.add(codes), "entries": blocks.add(entries), **about}
        return None
    latents = run.latents(ids).astype(np.float16)
    return {"values": blocks.add(latents), "width": latents.shape[1]} if latents.nbytes <= budget else None


def encode_decoder(run: Run, field: Field, ids: np.ndarray, budget: float, blocks: Blocks) -> dict[str, Any]:
    """Encode the decoder as a program with 16 bits per weight, or 8 bits if 16 exceed the budget.

    Parameters
    ----------
    run
        The run.
    field
        The field of pictures to decode.
    ids
        Samples of the page. The rounding error is measured on some of them.
    budget
        Largest number of bytes.
    blocks
        Receives the weights.

    Returns
    -------
    dict
        ``steps``, ``constants``, ``precision``, and ``error``: the largest difference from the model's own pictures, on a
        scale of 0 to 255.

    Raises
    ------
    UserError
        If the engine cannot compute the decoder, or the decoder exceeds the budget.
    """
    program = trace_decoder(run.model, field.name)
    numbers = sum(constant.numel() for constant in program.constants)
    kind = "float16" if 2 * numbers <= budget else "int8"
    if numbers > budget:
        raise UserError(f"its decoder has {numbers:,} weights, too many for one page", "Export the run as a run file")
    rounded = program.rounded(kind)
    latents = torch.from_numpy(run.latents(ids[np.linspace(0, len(ids) - 1, min(CHECKED_SAMPLES, len(ids))).astype(int)]))
    with torch.inference_mode():
        error = max(float((program(latent[None]) - rounded(latent[None])).abs().max()) for latent in latents)
    return {
        "steps": [step.to_json() for step in program.steps],
        "constants": [_encode_constant(constant, kind, blocks) for constant in program.constants],
        "precision": kind,
        "error": 255 * error,
    }


def encode_sheet(sheet: Sheet | None, blocks: Blocks) -> dict[str, Any] | None:
    """Encode a sheet of pictures; None stays None."""
    if sheet is None:
        return None
    about = {"type": sheet.media_type, "width": sheet.width, "height": sheet.height, "columns": sheet.columns}
    return {"content": blocks.add(sheet.content), **about}


def _encode_constant(constant: torch.Tensor, kind: str, blocks: Blocks) -> Mapping[str, Any]:
    values, scale = pack_constant(constant, kind)
    array = values.numpy().astype(np.int32) if values.dtype == torch.int64 else values.numpy()
    shape: Sequence[int] = constant.shape
    return {"shape": list(shape), "values": blocks.add(array), "scale": None if scale is None else blocks.add(scale.numpy())}
