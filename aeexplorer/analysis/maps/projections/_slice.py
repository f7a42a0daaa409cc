"""Slices: planes through the latent space along two of its dimensions, or through three samples.

A slice's name says all of it: ``slice-3-7`` lies along the latents 3 and 7 (counted from 1, as people see them), the
others at their mean; ``slice-12-88-3`` goes through the samples 12, 88 and 3.
"""

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.core.errors import UserError

_NAME = re.compile(r"slice((?:-(?:0|[1-9][0-9]{0,8})){2,3})")
FLAT = 1e-4
"""Three samples lie on a line where the third is nearer to it than this share of the triangle's size."""


def along(first: int, second: int) -> str:
    """The name of the slice along two latents, counted from 0."""
    return f"slice-{first + 1}-{second + 1}"


def through(samples: tuple[int, int, int]) -> str:
    """The name of the slice through three samples."""
    return "slice-" + "-".join(map(str, samples))


def numbers_of(name: str) -> tuple[int, ...]:
    """The latents (counted from 0) or the samples of a slice's name; empty for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return ()
    numbers = tuple(map(int, found[1][1:].split("-")))
    if len(set(numbers)) < len(numbers) or (len(numbers) == 2 and 0 in numbers):
        return ()
    return tuple(number - 1 for number in numbers) if len(numbers) == 2 else numbers


def slice_method(name: str) -> Method | None:
    """The method of a slice's name, or None for any other name."""
    numbers = numbers_of(name)
    if not numbers:
        return None
    anchors: tuple[int, ...] = ()
    project: Callable[[np.ndarray, int, int], Layout] = _through
    if len(numbers) == 2:
        title = f"Slice, latents {numbers[0] + 1} and {numbers[1] + 1}"
        said = "The plane along two latents, the others at their mean. Samples are set straight down onto it."
        project = partial(_along, numbers=numbers)
    else:
        title = f"Slice, samples {', '.join(map(str, numbers))}"
        said = "The plane through three samples, which lie on it. All others are set straight down onto it."
        anchors = numbers
    least = max(numbers) + 1 if len(numbers) == 2 else 2
    caution = "what lies off this plane is ignored"
    return Method(name, title, said, True, lambda size, dims: size >= least and dims == 2, project, anchors, caution)


def _along(latents: np.ndarray, dims: int, seed: int, numbers: tuple[int, ...]) -> Layout:
    chosen = list(numbers)
    plane = np.zeros((3, latents.shape[1]), np.float32)
    plane[0] = latents.mean(0)
    plane[0, chosen] = 0
    plane[[1, 2], chosen] = 1
    return Layout(np.ascontiguousarray(latents[:, chosen], np.float32), plane)


def _through(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """The first of three samples is the origin, the way to the second the first axis; lengths on the plane are true."""
    origin, right, up = latents[:3].astype(np.float64)
    axes = np.linalg.qr(np.stack([right - origin, up - origin], 1))
    if abs(np.diag(axes.R)).min() <= FLAT * abs(axes.R).max():
        raise UserError("these three samples lie on a line, and many planes go through it", "Choose another third sample")
    directions = axes.Q.T * np.sign(np.diag(axes.R))[:, None]
    plane = np.vstack([origin, directions]).astype(np.float32)
    return Layout(((latents - origin) @ directions.T).astype(np.float32), plane)
