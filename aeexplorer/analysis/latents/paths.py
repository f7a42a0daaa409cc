"""Paths through the latent space by way of samples, decoded frame by frame; and what fading their pixels would show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from aeexplorer.analysis.decoding import decode, decoded_features
from aeexplorer.analysis.latents.geodesics import decoded_length, decoded_steps, make_roads, shortest
from aeexplorer.core.errors import UserError
from aeexplorer.training.run import Run

PARALLEL = 1e-4
"""Two latents at a smaller angle (in radians, or so close to opposite) are joined by a straight line."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames from one sample by way of others to a last one.

    Parameters
    ----------
    latents
        float32 ``(frames, d)``.
    frames
        ``{field: (frames, *shape)}``, in the units the samples are stored in.
    stops
        Which frames are those of the samples, the first and last among them; int64 ``(samples,)``.
    speed
        How much each step changes the decoded sample, the norm of the difference in x-space; float32 ``(frames − 1,)``.
    straight
        Decoded length of the straight lines between the samples.
    """

    latents: np.ndarray
    frames: Mapping[str, np.ndarray]
    stops: np.ndarray
    speed: np.ndarray
    straight: float

    @property
    def length(self) -> float:
        """Decoded length of the path."""
        return float(self.speed.sum())


def linear(start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """Equal steps along the straight line: ``(d,), (d,) → (frames, d)``."""
    t = np.linspace(0, 1, frames, dtype=np.float32)[:, None]
    return (1 - t) * start + t * end


def spherical(start: np.ndarray, end: np.ndarray, frames: int) -> np.ndarray:
    """Equal turns from one direction to the other, while the norm goes evenly from one to the other (Shoemake 1985).

    The frames so keep the distance from the origin that samples have, where a straight line cuts through the middle.
    Without a direction to turn in (a latent of zeros, parallel or opposite latents) it is the straight line.
    """
    norms = np.linalg.norm(start), np.linalg.norm(end)
    if min(norms) == 0:
        return linear(start, end, frames)
    a, b = start / norms[0], end / norms[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if angle < PARALLEL or np.pi - angle < PARALLEL:
        return linear(start, end, frames)
    t = np.linspace(0, 1, frames)[:, None]
    directions = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)
    return (directions * ((1 - t) * norms[0] + t * norms[1])).astype(np.float32)


LINES: Mapping[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {"linear": linear, "spherical": spherical}
"""Ways from one latent to another that need no decoder, by name."""
PATHS = (*LINES, "geodesic")
MOST = 12
"""Way-points at most."""


def interpolate(run: Run, points: Sequence[int], steps: int = 9, path: str = "linear") -> Film:
    """The film by way of samples.

    With a codebook it is the entries that are interpolated, each position on its own, and every frame is decoded from
    the entries nearest to it.

    Parameters
    ----------
    run
        With results; for a geodesic one whose graph is made, see `aeexplorer.analysis.latents.geodesics.make_roads`.
    points
        Sample ids, 2 to 12, in order.
    steps
        From one of them to the next; 1 or more.
    path
        ``linear``, ``spherical`` or ``geodesic``.

    Raises
    ------
    UserError
        For an unknown path, no steps, too few or many samples, and ids that the dataset lacks.
    """
    if path not in PATHS:
        raise UserError(f"there is no path {path!r}", f"Choose one of {', '.join(PATHS)}")
    if steps < 1:
        raise UserError(f"{steps} steps lead nowhere", "Take one or more")
    _check(run, points)
    corners = run.latents(np.array(points, np.int32))
    decoder = partial(decoded_features, run)
    line = LINES[path] if path in LINES else partial(shortest, make_roads(run), decoder)
    parts = [line(a, b, steps + 1) for a, b in pairwise(corners)]
    latents = np.concatenate([*(part[:-1] for part in parts), parts[-1][-1:]])
    straight = np.concatenate([linear(a, b, steps + 1) for a, b in pairwise(corners)])
    stops = np.arange(len(points)) * steps
    speed = decoded_steps(decoder, latents)
    return Film(latents, decode(run, latents), stops, speed, decoded_length(decoder, straight))


def fade(run: Run, points: Sequence[int], steps: int = 9) -> dict[str, np.ndarray]:
    """What blending the inputs of samples shows, step by step as `interpolate`: ``{field: (frames, *shape)}``."""
    _check(run, points)
    with torch.inference_mode():
        x = run.model.prepare(run.raw(np.array(points, np.int32)))
    at = torch.arange((len(points) - 1) * steps + 1) / steps
    first = at.long().clamp(max=len(points) - 2)
    blended = {}
    for name, values in x.items():
        share = (at - first).view(-1, *[1] * (values.dim() - 1))
        blended[name] = run.model.modalities[name].restore(values[first] * (1 - share) + values[first + 1] * share)
    return blended


def _check(run: Run, points: Sequence[int]) -> None:
    if not 2 <= len(points) <= MOST:
        raise UserError(f"a path through {len(points)} samples cannot be made", f"Take 2 to {MOST}")
    for sample in points:
        if not 0 <= sample < run.dataset.n:
            raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
