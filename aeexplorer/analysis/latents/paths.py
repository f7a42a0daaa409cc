"""Paths through the latent space between samples, decoded frame by frame, and cross-fades of their inputs for comparison."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from aeexplorer.analysis.decoding import decode, decoded_features, differentiable_features
from aeexplorer.analysis.latents.geodesics import compute_graph, decoded_length, decoded_steps, geodesic
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

MIN_ANGLE = 1e-4
"""Smallest angle, in radians, between two latents and between their axes for a spherical path; else the path is straight."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames along a path through samples.

    Parameters
    ----------
    latents
        Latents of the frames, float32 ``(frames, d)``.
    frames
        Decoded frames ``{field: (frames, *shape)}``, in the units of the stored samples.
    stops
        Frame numbers of the samples, from the first frame to the last; int64 ``(samples,)``.
    speed
        Change of the decoded sample in each step, as the norm of the difference in x-space; float32 ``(frames − 1,)``.
    length
        Decoded length of the path, measured in steps that are finer than those of the frames.
    straight
        Decoded length of the straight lines between the samples, measured as finely.
    """

    latents: np.ndarray
    frames: Mapping[str, np.ndarray]
    stops: np.ndarray
    speed: np.ndarray
    length: float
    straight: float


def linear(start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """Interpolate linearly between two latents ``(d,)``: ``(frames, d)``."""
    t = np.linspace(0, 1, frames, dtype=np.float32)[:, None]
    return (1 - t) * start + t * end


def spherical(start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """Interpolate spherically between two latents ``(d,)``: ``(frames, d)`` (slerp; Shoemake 1985, SIGGRAPH 19(3):245).

    The direction turns by equal angles and the norm changes linearly, so that the frames keep a distance from the origin
    that samples have; a straight line passes closer to the origin. If no rotation is defined (a latent of zeros, parallel
    or opposite latents), the path is straight.
    """
    norms = np.linalg.norm(start), np.linalg.norm(end)
    if min(norms) == 0:
        return linear(start, end, frames)
    a, b = start / norms[0], end / norms[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if angle < MIN_ANGLE or np.pi - angle < MIN_ANGLE:
        return linear(start, end, frames)
    t = np.linspace(0, 1, frames)[:, None]
    directions = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return (directions * ((1 - t) * norms[0] + t * norms[1])).astype(np.float32)


INTERPOLATIONS: Mapping[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {"linear": linear, "spherical": spherical}
"""Interpolations between two latents that need no decoder, by name."""
PATH_KINDS = (*INTERPOLATIONS, "geodesic")
"""Names of all kinds of paths."""
LENGTH_STEPS = 64
"""Steps from each sample to the next in which the length of a path is measured, at least."""
MAX_WAYPOINTS = 12
"""Largest number of samples on a path."""


def interpolate(run: Run, points: Sequence[int], steps: int = 9, path: str = "linear") -> Film:
    """Compute a film along a path through samples.

    With a codebook, the entries at each position are interpolated, and each frame is decoded from its nearest entries.

    Parameters
    ----------
    run
        A run with results. A geodesic computes the graph of the run first, unless it is cached (see
        `aeexplorer.analysis.latents.geodesics.compute_graph`).
    points
        2 to 12 sample ids, in order.
    steps
        Steps from each sample to the next, 1 or more.
    path
        ``linear``, ``spherical`` or ``geodesic``.

    Raises
    ------
    UserError
        If the path is unknown, `steps` is less than 1, there are too few or too many samples, or a sample does not exist.
    """
    if path not in PATH_KINDS:
        raise UserError(f"there is no path {path!r}", f"Choose one of {', '.join(PATH_KINDS)}")
    if steps < 1:
        raise UserError(f"a path of {steps} steps is not possible", "Choose one step or more")
    _check_samples(run, points)
    waypoints = run.latents(np.array(points, np.int32))
    decoder = partial(decoded_features, run)
    if path in INTERPOLATIONS:
        connect = INTERPOLATIONS[path]
    else:
        connect = partial(geodesic, compute_graph(run), decoder, partial(differentiable_features, run))
    detail = max(1, math.ceil(LENGTH_STEPS / steps))
    fine = [connect(a, b, steps * detail + 1) for a, b in pairwise(waypoints)]
    latents = np.concatenate([*(segment[:-1:detail] for segment in fine), fine[-1][-1:]])
    straight = [linear(a, b, steps * detail + 1) for a, b in pairwise(waypoints)]
    return Film(
        latents,
        decode(run, latents),
        stops=np.arange(len(points)) * steps,
        speed=decoded_steps(decoder, latents),
        length=sum(decoded_length(decoder, segment) for segment in fine),
        straight=sum(decoded_length(decoder, segment) for segment in straight),
    )


def blend_inputs(run: Run, points: Sequence[int], steps: int = 9) -> dict[str, np.ndarray]:
    """Cross-fade the inputs of samples, with the same steps as `interpolate`: ``{field: (frames, *shape)}``.

    Raises the same errors for the samples as `interpolate`.
    """
    _check_samples(run, points)
    with torch.inference_mode():
        x = run.model.prepare(run.raw(np.array(points, np.int32)))
    position = torch.arange((len(points) - 1) * steps + 1) / steps  # 0 is the first sample, 1 the second, …
    first = position.long().clamp(max=len(points) - 2)
    blended = {}
    for name, values in x.items():
        weight = (position - first).view(-1, *[1] * (values.dim() - 1))
        blended[name] = run.model.modalities[name].restore(values[first] * (1 - weight) + values[first + 1] * weight)
    return blended


def _check_samples(run: Run, points: Sequence[int]) -> None:
    if not 2 <= len(points) <= MAX_WAYPOINTS:
        raise UserError(f"a path through {len(points)} samples is not possible", f"Choose 2 to {MAX_WAYPOINTS} samples")
    for sample in points:
        if not 0 <= sample < run.dataset.n:
            raise UserError(f"there is no sample {sample}", f"Choose a sample from 0 to {run.dataset.n - 1}")
