"""Slices: planes through the latent space along two of its dimensions, or through three samples.

The name of a slice defines it. ``slice-3-7`` lies along latents 3 and 7, counted from 1 as on the page, with the other
latents at their mean. ``slice-12-88-3`` passes through samples 12, 88 and 3.
"""

import re
from collections.abc import Callable
from functools import partial

import numpy as np

from aeexplorer.analysis.maps.projections.base import Layout, Method
from aeexplorer.core.errors import UserError

_NAME = re.compile(r"slice((?:-(?:0|[1-9][0-9]{0,8})){2,3})")
MIN_TRIANGLE_RATIO = 1e-4
"""Three samples count as collinear if the height of their triangle is below this share of its size."""


def slice_along_latents(first: int, second: int) -> str:
    """Return the name of the slice along two latents, counted from 0."""
    return f"slice-{first + 1}-{second + 1}"


def slice_through_samples(samples: tuple[int, int, int]) -> str:
    """Return the name of the slice through three samples."""
    return "slice-" + "-".join(map(str, samples))


def slice_numbers(name: str) -> tuple[int, ...]:
    """Parse the name of a slice: two latents (counted from 0), three samples, or empty for any other name."""
    match = _NAME.fullmatch(name)
    if match is None:
        return ()
    numbers = tuple(map(int, match[1][1:].split("-")))
    if len(set(numbers)) < len(numbers) or (len(numbers) == 2 and 0 in numbers):
        return ()
    return tuple(number - 1 for number in numbers) if len(numbers) == 2 else numbers


def slice_method(name: str) -> Method | None:
    """Return the projection method for the name of a slice, or None for any other name."""
    numbers = slice_numbers(name)
    if not numbers:
        return None
    anchors: tuple[int, ...] = ()
    project: Callable[[np.ndarray, int, int], Layout] = _project_through_samples
    if len(numbers) == 2:
        title = f"Slice, latents {numbers[0] + 1} and {numbers[1] + 1}"
        description = (
            "The plane along two latents, with the other latents at their mean. Samples are projected onto it at right angles."
        )
        project = partial(_project_along_latents, numbers=numbers)
        min_size = max(numbers) + 1
    else:
        title = f"Slice, samples {', '.join(map(str, numbers))}"
        description = "The plane through three samples. All other samples are projected onto it at right angles."
        anchors = numbers
        min_size = 2
    return Method(
        name=name,
        title=title,
        help=description,
        quick=True,
        fits=lambda size, dims: size >= min_size and dims == 2,
        project=project,
        anchors=anchors,
        caution="what lies off this plane is ignored",
    )


def _project_along_latents(latents: np.ndarray, dims: int, seed: int, numbers: tuple[int, ...]) -> Layout:
    dimensions = list(numbers)
    plane = np.zeros((3, latents.shape[1]), np.float32)
    plane[0] = latents.mean(0)
    plane[0, dimensions] = 0
    plane[[1, 2], dimensions] = 1
    return Layout(np.ascontiguousarray(latents[:, dimensions], np.float32), plane)


def _project_through_samples(latents: np.ndarray, dims: int, seed: int) -> Layout:
    """Project onto the plane through the first three latents, with true lengths.

    The first latent is the origin, and the first axis points to the second.
    """
    origin, second, third = latents[:3].astype(np.float64)
    axes = np.linalg.qr(np.stack([second - origin, third - origin], 1))
    if abs(np.diag(axes.R)).min() <= MIN_TRIANGLE_RATIO * abs(axes.R).max():
        raise UserError("these three samples lie on a line, so they do not define a plane", "Choose another third sample")
    directions = axes.Q.T * np.sign(np.diag(axes.R))[:, None]
    plane = np.vstack([origin, directions]).astype(np.float32)
    return Layout(((latents - origin) @ directions.T).astype(np.float32), plane)
