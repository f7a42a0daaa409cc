"""Films between two samples: a path through the latent space, decoded frame by frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from aeexplorer.analysis.decoding import decode
from aeexplorer.errors import UserError
from aeexplorer.training.run import Run

PARALLEL = 1e-4
"""Two latents at a smaller angle (in radians, or so close to opposite) are joined by a straight line."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames from one sample to another.

    Parameters
    ----------
    latents
        float32 ``(frames, d)``; the first and last are those of the two samples.
    frames
        ``{field: (frames, *shape)}``, in the units the samples are stored in.
    """

    latents: np.ndarray
    frames: Mapping[str, np.ndarray]


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


PATHS: Mapping[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {"linear": linear, "spherical": spherical}
"""Ways from one latent to another, by name."""


def interpolate(run: Run, start: int, end: int, frames: int = 9, path: str = "linear") -> Film:
    """The film from one sample to another.

    With a codebook it is the entries that are interpolated, each position on its own, and every frame is decoded from
    the entries nearest to it.

    Parameters
    ----------
    run
        With results.
    start, end
        Sample ids.
    frames
        2 or more, both ends included.
    path
        ``linear`` or ``spherical``.

    Raises
    ------
    UserError
        For an unknown path, fewer than two frames, and ids that the dataset lacks.
    """
    if path not in PATHS:
        raise UserError(f"there is no path {path!r}", f"Choose one of {', '.join(PATHS)}")
    if frames < 2:
        raise UserError(f"{frames} frames are no film", "Take two or more")
    for sample in (start, end):
        if not 0 <= sample < run.dataset.n:
            raise UserError(f"there is no sample {sample}", f"Choose one from 0 to {run.dataset.n - 1}")
    a, b = run.latents(np.array([start, end], np.int32))
    latents = PATHS[path](a, b, frames)
    return Film(latents, decode(run, latents))
