"""What an offline page holds, as plain data for its scripts and one block of bytes for its arrays."""

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
from aeexplorer.exchange.offline.program import packed, program_of
from aeexplorer.models.bottlenecks.base import DiscreteBottleneck
from aeexplorer.training.run import Run
from aeexplorer.views.maps.points import point_traces
from aeexplorer.views.palette import OTHER, SCALE

COLOURINGS = 8
"""Colourings that go along at most, the shown one first."""
CHECKED = 24
"""Samples over which the decoder's rounding is measured."""
DECODER = 0.45
"""Share of a file that its decoder may take; one that is larger in 16 bits goes along in 8, or not at all."""
LATENTS = 0.2
"""Share of a file that the latents of its samples may take."""


@dataclass
class Blocks:
    """Arrays laid end to end, each from a multiple of eight on; in the plain data one is ``[kind, offset, length]``."""

    parts: list[bytes] = field(default_factory=list)
    size: int = 0

    def add(self, array: np.ndarray | bytes) -> list[Any]:
        """Append an array, little-endian; returns what stands for it."""
        numbers = np.frombuffer(array, np.uint8) if isinstance(array, bytes) else np.ascontiguousarray(array)
        reference = [numbers.dtype.str[1:], self.size, numbers.size]
        content = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()
        for part in (content, bytes(-len(content) % 8)):
            self.parts.append(part)
            self.size += len(part)
        return reference

    def text(self) -> str:
        """All of it as base64."""
        return base64.b64encode(b"".join(self.parts)).decode()


def coloured(run: Run, whole: Projection, made: Projection, shown: str, blocks: Blocks) -> list[dict[str, Any]]:
    """The colourings of some of a whole map's samples as the app has them, the shown one first."""
    names = list(dict.fromkeys([shown, *offered_colourings(run)]))[:COLOURINGS]
    found = []
    for name in names:
        traces, marks = point_traces(made.xy, made.ids, colouring(run, name, made.ids, whole))
        group = np.zeros(len(made.ids), np.uint8)
        values = np.full(len(made.ids), np.nan, np.float32)
        groups, scale = [], None
        for place, (trace, of) in enumerate(zip(traces, marks, strict=True)):
            rows = np.searchsorted(made.ids, of.ids)
            group[rows] = place
            marker = trace.marker
            if isinstance(marker.color, str):
                groups.append({"name": trace.name, "colour": marker.color, "symbol": marker.symbol})
            else:
                values[rows] = marker.color
                groups.append({"name": trace.name, "colour": OTHER, "symbol": "circle"})
                scale = {"values": None, "low": float(marker.cmin), "high": float(marker.cmax), "colours": list(SCALE)}
        if scale is not None:
            scale["values"] = blocks.add(values)
        found.append({"name": name, "groups": groups, "group": blocks.add(group), "scale": scale})
    return found


def latents_of(run: Run, ids: np.ndarray, budget: float, blocks: Blocks) -> dict[str, Any] | None:
    """The latents of samples, in the smallest form there is; None where even that is larger than `budget` bytes."""
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


def decoder_of(run: Run, field: Field, ids: np.ndarray, budget: float, blocks: Blocks) -> dict[str, Any]:
    """The decoder as a program, in 16 bits a weight, or in 8 where 16 are too many.

    Returns
    -------
    dict
        Among others ``error``: the largest difference to the model's own pictures of some of the samples, of 255.

    Raises
    ------
    UserError
        If the engine cannot compute it, or it is larger than `budget` bytes.
    """
    program = program_of(run.model, field.name)
    numbers = sum(constant.numel() for constant in program.constants)
    kind = "float16" if 2 * numbers <= budget else "int8"
    if numbers > budget:
        raise UserError(f"its decoder has {numbers:,} weights", "Take the run home as a run file")
    stored = program.stored(kind)
    latents = torch.from_numpy(run.latents(ids[np.linspace(0, len(ids) - 1, min(CHECKED, len(ids))).astype(int)]))
    with torch.inference_mode():
        error = max(float((program(one[None]) - stored(one[None])).abs().max()) for one in latents)
    return {
        "steps": [step.plain() for step in program.steps],
        "constants": [_constant(constant, kind, blocks) for constant in program.constants],
        "precision": kind,
        "error": 255 * error,
    }


def sheet(made: Sheet | None, blocks: Blocks) -> dict[str, Any] | None:
    """A sheet of pictures."""
    if made is None:
        return None
    about = {"type": made.media_type, "width": made.width, "height": made.height, "columns": made.columns}
    return {"content": blocks.add(made.content), **about}


def _constant(constant: torch.Tensor, kind: str, blocks: Blocks) -> Mapping[str, Any]:
    values, scale = packed(constant, kind)
    array = values.numpy().astype(np.int32) if values.dtype == torch.int64 else values.numpy()
    shape: Sequence[int] = constant.shape
    return {"shape": list(shape), "values": blocks.add(array), "scale": None if scale is None else blocks.add(scale.numpy())}
