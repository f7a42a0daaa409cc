"""Structural similarity as a loss (Wang et al. 2004, IEEE TIP 13:600; Zhao et al. 2017, arXiv:1511.08861)."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.models._windows import gaussian_window, smooth
from aeexplorer.models.corruptions.base import PICTURES
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings

WINDOW_SIGMA = 1.5
"""Standard deviation of the Gaussian window, in pixels."""
WINDOW_RADIUS = 5
"""Radius of the window, in pixels."""
C1, C2 = 0.01**2, 0.03**2
"""Constants of Wang et al. (2004) that keep the ratios finite, for values in [0, 1]."""


class SsimLikelihood(Likelihood):
    """(1 − SSIM) · scale · number of features, in nats per sample.

    This is not a density: it is not normalised, so a loss with it is not a bound on the likelihood.
    """

    def __init__(self, shape: tuple[int, ...], scale: float) -> None:
        super().__init__()
        self.shape, self.scale = shape, scale

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        dissimilarity = 1 - ssim(output.unflatten(1, self.shape), x.unflatten(1, self.shape))  # (B,)
        return dissimilarity * self.scale * output.shape[1]

    def mean(self, output: Tensor) -> Tensor:
        return output


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Compute the mean structural similarity of pictures.

    Windows are Gaussian, 11×11 pixels with σ = 1.5; smaller for pictures that are smaller than the window.

    Parameters
    ----------
    a, b
        Pictures ``(B, C, H, W)`` in [0, 1] units.

    Returns
    -------
    Tensor
        ``(B,)``, 1 for equal pictures.
    """
    window = gaussian_window(WINDOW_SIGMA, min(WINDOW_RADIUS, (min(a.shape[2:]) - 1) // 2)).to(a)
    # statistics within each window
    mean_a, mean_b = smooth(a, window), smooth(b, window)
    variance_a = smooth(a.square(), window) - mean_a.square()
    variance_b = smooth(b.square(), window) - mean_b.square()
    covariance = smooth(a * b, window) - mean_a * mean_b
    # similarity of brightness, and of contrast and structure
    luminance = (2 * mean_a * mean_b + C1) / (mean_a.square() + mean_b.square() + C1)
    structure = (2 * covariance + C2) / (variance_a + variance_b + C2)
    return (luminance * structure).flatten(1).mean(1)


class Ssim(LikelihoodSettings):
    """One minus the structural similarity, for pictures: sensitive to edges and textures rather than exact grey values.

    It is not a density: with a KL term, the loss is not a bound on the likelihood.
    """

    name = "ssim"
    title = "SSIM (no density; pictures)"
    density = False
    kind: Literal["ssim"] = "ssim"
    scale: Annotated[float, Bounds(gt=0, le=100)] = 1.0
    """Cost of complete dissimilarity (SSIM 0) per feature, in nats."""

    def build(self, field: Field) -> Likelihood:
        if field.modality not in PICTURES:
            raise UserError(
                f"SSIM compares pictures, and the field {field.name} is {field.modality}",
                "Choose another likelihood, such as gaussian or laplace",
            )
        *channels, height, width = field.shape  # each frame of a video is compared by itself
        return SsimLikelihood((math.prod(channels), height, width), self.scale)
