"""Shortening of paths by minimising their energy under the decoder (Shao et al. 2018, arXiv:1711.08014, algorithm 1).

The energy of a path z(t), 0 ≤ t ≤ 1, is ½ ∫ ‖d D(z(t)) / dt‖² dt. Its minimum is a geodesic of the metric that the decoder D
pulls back from x-space: a path that is locally the shortest, and that changes the decoded sample evenly.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

SEGMENTS = 40
"""Segments of a path whose decoded ends are compared."""
MODES = 12
"""Sine waves that a path may deviate from the straight line by, in each latent. Few waves keep it smooth between the points at
which it is decoded."""
ITERATIONS = 40
"""Iterations of L-BFGS, at most (Liu & Nocedal 1989, Math. Program. 45:503)."""

DifferentiableDecoder = Callable[[Tensor], Tensor]
"""A function that decodes latents ``(m, d)`` to x-space, ``(m, D)``, and that PyTorch can differentiate."""


def minimise_energy(decoder: DifferentiableDecoder, path: np.ndarray) -> np.ndarray:
    """Deform a path so that its energy is as low as possible; both ends stay.

    The path is the straight line between its ends plus Σₖ cₖ sin(kπt) / k. In the coefficients cₖ the energy of a flat metric
    has the same curvature in all directions, so that few iterations suffice.

    Parameters
    ----------
    decoder
        Decoder of the latents. If nothing depends on the latents smoothly (codebooks, some models made elsewhere), the path
        comes back smoothed, but not shortened.
    path
        Latents to start from, ``(m, d)``, at equal steps of t.

    Returns
    -------
    numpy.ndarray
        float32 ``(SEGMENTS + 1, d)``.
    """
    t = torch.linspace(0, 1, SEGMENTS + 1, dtype=torch.float64)
    start = torch.from_numpy(np.stack([np.interp(t, np.linspace(0, 1, len(path)), column) for column in path.T], 1))
    line = (1 - t)[:, None] * start[:1] + t[:, None] * start[-1:]  # (SEGMENTS + 1, d)
    order = torch.arange(1, MODES + 1, dtype=torch.float64)
    waves = torch.sin(torch.pi * t[:, None] * order) / order  # (SEGMENTS + 1, MODES)
    waves[-1] = 0.0
    # the waves are orthogonal over equal steps: project the deviation from the line on them
    weights = 2 / SEGMENTS * order**2
    line, waves = line.float(), waves.float()
    coefficients = (weights[:, None] * (waves.double().T @ (start - line.double()))).float().requires_grad_()  # (MODES, d)

    def energy() -> Tensor:
        decoded = decoder(line + waves @ coefficients)
        return SEGMENTS / 2 * decoded.diff(dim=0).square().sum()

    first = energy()
    if not first.requires_grad:
        return (line + waves @ coefficients).detach().numpy()
    # measured in units of the first energy, so that the tolerances do not depend on the scale of the samples
    scale = 1 / max(float(first.detach()), 1e-12)
    optimizer = torch.optim.LBFGS([coefficients], max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        value = energy() * scale
        (coefficients.grad,) = torch.autograd.grad(value, coefficients)
        return value

    optimizer.step(closure)
    return (line + waves @ coefficients).detach().numpy()
