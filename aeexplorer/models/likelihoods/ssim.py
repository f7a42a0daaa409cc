"""Structural similarity as a loss (Wang et al. 2004, IEEE TIP 13:600; as a loss Zhao et al. 2017, arXiv:1511.08861)."""

import math
from typing import Annotated, Literal

from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.models._windows import gaussian_window, smooth
from aeexplorer.models.corruptions.base import PICTURES
from aeexplorer.models.likelihoods.base import Likelihood, LikelihoodSettings

SIGMA = 1.5
REACH = 5
C1, C2 = 0.01**2, 0.03**2


class SsimLikelihood(Likelihood):
    """(1 − SSIM)·scale·features. No density: it is not normalised, and a loss with it bounds no likelihood."""

    def __init__(self, shape: tuple[int, ...], scale: float) -> None:
        super().__init__()
        self.shape, self.scale = shape, scale

    def nll(self, output: Tensor, x: Tensor, known: Tensor | None = None) -> Tensor:
        unlike = 1 - ssim(output.unflatten(1, self.shape), x.unflatten(1, self.shape))
        return unlike * self.scale * output.shape[1]

    def mean(self, output: Tensor) -> Tensor:
        return output


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity of pictures ``(B, C, H, W)`` in [0, 1] units: ``(B,)``, 1 for equal ones.

    Gaussian windows of 11×11 pixels with σ = 1.5, smaller ones for pictures that have no room for those.
    """
    window = gaussian_window(SIGMA, min(REACH, (min(a.shape[2:]) - 1) // 2)).to(a)
    mean_a, mean_b = smooth(a, window), smooth(b, window)
    variance_a = smooth(a.square(), window) - mean_a.square()
    variance_b = smooth(b.square(), window) - mean_b.square()
    covariance = smooth(a * b, window) - mean_a * mean_b
    light = (2 * mean_a * mean_b + C1) / (mean_a.square() + mean_b.square() + C1)
    structure = (2 * covariance + C2) / (variance_a + variance_b + C2)
    return (light * structure).flatten(1).mean(1)


class Ssim(LikelihoodSettings):
    """One minus the structural similarity, for pictures: it minds edges and textures more than exact grey values.

    It is no density: with a KL term beside it the loss is no bound on the likelihood.
    """

    name = "ssim"
    title = "SSIM (no density; pictures)"
    density = False
    kind: Literal["ssim"] = "ssim"
    scale: Annotated[float, Bounds(gt=0, le=100)] = 1.0
    """What complete unlikeness (SSIM 0) costs per feature, in nats."""

    def build(self, field: Field) -> Likelihood:
        if field.modality not in PICTURES:
            raise UserError(
                f"SSIM compares pictures, and the field {field.name} is {field.modality}",
                "Choose another likelihood, such as gaussian or laplace",
            )
        *channels, height, width = field.shape  # each frame of a video is compared by itself
        return SsimLikelihood((math.prod(channels), height, width), self.scale)
