"""Reconstruction quality: error, peak signal-to-noise ratio (PSNR) and structural similarity (SSIM)."""

import torch
from torch import Tensor
from torch.nn import functional

from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric

PEAK = 1.0
MIN_ERROR = 1e-10
"""Lower limit of a squared error; gives a PSNR of 100 dB."""
WINDOW, SIGMA = 11, 1.5
"""Size and standard deviation of the SSIM window, in pixels."""


_SIGNALS = frozenset({"image", "video", "audio"})
"""Modalities with a greatest value, to which a signal-to-noise ratio refers."""


def psnr(errors: Tensor) -> Tensor:
    """Compute the peak signal-to-noise ratio, −10·log₁₀(mse) in dB, at most 100 dB.

    Parameters
    ----------
    errors
        Mean squared errors in [0, 1] units, of any shape.
    """
    return -10 * errors.clamp_min(MIN_ERROR).log10()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Compute the structural similarity of pictures, −1 to 1; 1 for equal pictures (Wang et al. 2004, IEEE TIP 13:600).

    (2 μₐ μ_b + c₁)(2 σₐ_b + c₂) / ((μₐ² + μ_b² + c₁)(σₐ² + σ_b² + c₂)), with c₁ = 0.01² and c₂ = 0.03², averaged over channels
    and over all positions where the window is inside the picture. The window is a Gaussian of 11 × 11 pixels with σ 1.5; for
    smaller pictures, the largest odd size that fits.

    Parameters
    ----------
    a, b
        Pictures ``(B, C, H, W)`` in [0, 1] units.

    Returns
    -------
    torch.Tensor
        SSIM of each pair ``(B,)``.
    """
    batch, channels = a.shape[:2]
    sizes = [min(WINDOW, side - (side + 1) % 2) for side in a.shape[2:]]
    rows, columns = (_gaussian(size, a) for size in sizes)
    window = (rows[:, None] * columns)[None, None]  # (1, 1, h, w)

    def local_mean(values: Tensor) -> Tensor:
        return functional.conv2d(values.reshape(batch * channels, 1, *values.shape[2:]), window)

    mean_a, mean_b = local_mean(a), local_mean(b)
    variance_a, variance_b = local_mean(a * a) - mean_a**2, local_mean(b * b) - mean_b**2
    covariance = local_mean(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    numerator = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    denominator = (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return (numerator / denominator).view(batch, -1).mean(1)


def _gaussian(size: int, like: Tensor) -> Tensor:
    """Return a normalised Gaussian window ``(size,)`` with the dtype of a tensor."""
    offsets = torch.arange(size, dtype=like.dtype) - (size - 1) / 2
    weights = (-offsets.square() / (2 * SIGMA**2)).exp()
    return weights / weights.sum()


def _measure(data: EvaluationData) -> dict[str, Figure]:
    modalities = data.model.modalities
    parts: dict[str, list[Tensor]] = {}

    def add(prefix: str, x: dict[str, Tensor], reconstruction: dict[str, Tensor]) -> None:
        errors = torch.stack([m.error(reconstruction[field], x[field]) for field, m in modalities.items()]).nanmean(0)
        parts.setdefault(f"{prefix}mse", []).append(errors)
        if all(m.name in _SIGNALS for m in modalities.values()):
            parts.setdefault(f"{prefix}psnr", []).append(psnr(errors))
        visual = [field for field, m in modalities.items() if m.name in ("image", "video")]
        # videos are compared frame by frame: (B, C, T, H, W) → (B, C · T, H, W)
        pairs = [(x[field].flatten(1, -3), reconstruction[field].clamp(0, 1).flatten(1, -3)) for field in visual]
        if pairs:
            parts.setdefault(f"{prefix}ssim", []).append(torch.stack([ssim(a, b) for a, b in pairs]).nanmean(0))

    for x in data.inputs(data.test):
        with torch.inference_mode():
            add("", x, data.model(x).reconstruction)
            add("pca ", x, data.pca.reconstruct(x))
    means = {name: float(torch.cat(values).nanmean()) for name, values in parts.items()}
    return {key: Figure(means[key], means[f"pca {key}"]) for key in ("mse", "psnr", "ssim") if key in means}


FAMILY = Family(
    name="reconstruction",
    title="Reconstruction",
    place=10,
    needs=frozenset({"results"}),
    metrics=(
        Metric(
            "mse",
            "Mean error",
            "Mean squared difference over features and samples, in units of the data's [0, 1] range. For texts the "
            "share of wrong tokens, for categories half the squared error of their probabilities.",
            "lower",
            ".5f",
        ),
        Metric("psnr", "PSNR", "Peak signal-to-noise ratio, −10·log₁₀ of each sample's squared error.", "higher", ".2f", "dB"),
        Metric(
            "ssim",
            "SSIM",
            "Structural similarity of brightness, contrast and structure in a sliding window; 1 for equal pictures "
            "(Wang et al. 2004).",
            "higher",
            ".4f",
        ),
    ),
    measure=_measure,
)
