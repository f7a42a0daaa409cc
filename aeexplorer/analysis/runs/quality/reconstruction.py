"""How close reconstructions come: squared error, peak signal-to-noise ratio, structural similarity."""

import torch
from torch import Tensor
from torch.nn import functional

from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric

PEAK = 1.0
SMALLEST = 1e-10
"""A squared error below this counts as this: 100 dB."""
WINDOW, SIGMA = 11, 1.5


def psnr(errors: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of mean squared errors in [0, 1] units: −10·log₁₀(mse), in dB."""
    return -10 * errors.clamp_min(SMALLEST).log10()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Structural similarity of pictures (Wang et al. 2004, IEEE TIP 13:600): ``(B, C, H, W)`` twice, [0, 1] units → ``(B,)``.

    Gaussian window of 11 × 11 pixels and σ 1.5 (the largest odd size that fits smaller pictures), K₁ 0.01, K₂ 0.03,
    averaged over channels and over all places where the window lies within the picture.
    """
    batch, channels = a.shape[:2]
    sizes = [min(WINDOW, side - (side + 1) % 2) for side in a.shape[2:]]
    rows, columns = (_bell(size, a) for size in sizes)
    window = (rows[:, None] * columns)[None, None]

    def local(values: Tensor) -> Tensor:
        return functional.conv2d(values.reshape(batch * channels, 1, *values.shape[2:]), window)

    mean_a, mean_b = local(a), local(b)
    variance_a, variance_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    likeness = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    scale = (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return (likeness / scale).view(batch, -1).mean(1)


def _bell(size: int, like: Tensor) -> Tensor:
    places = torch.arange(size, dtype=like.dtype) - (size - 1) / 2
    weights = (-places.square() / (2 * SIGMA**2)).exp()
    return weights / weights.sum()


def _measure(material: Material) -> dict[str, Figure]:
    modalities = material.model.modalities
    found: dict[str, list[Tensor]] = {}

    def add(name: str, x: dict[str, Tensor], back: dict[str, Tensor]) -> None:
        errors = torch.stack([m.squared_error(back[field], x[field]) for field, m in modalities.items()]).nanmean(0)
        found.setdefault(f"{name}mse", []).append(errors)
        found.setdefault(f"{name}psnr", []).append(psnr(errors))
        seen = [(x[field], back[field].clamp(0, 1)) for field, m in modalities.items() if m.name in ("image", "video")]
        pictures = [ssim(a.flatten(1, -3), b.flatten(1, -3)) for a, b in seen]  # frame by frame
        if pictures:
            found.setdefault(f"{name}ssim", []).append(torch.stack(pictures).nanmean(0))

    for x in material.inputs(material.test):
        with torch.inference_mode():
            add("", x, material.model(x).reconstruction)
            add("pca ", x, material.pca_reconstruction(x))
    means = {name: float(torch.cat(parts).nanmean()) for name, parts in found.items()}
    return {key: Figure(means[key], means[f"pca {key}"]) for key in ("mse", "psnr", "ssim") if key in means}


FAMILY = Family(
    name="reconstruction",
    title="Reconstruction",
    place=10,
    needs=frozenset({"results"}),
    metrics=(
        Metric(
            "mse", "Mean squared error", "Mean over features and samples, in units of the data's [0, 1] range.", "lower", ".5f"
        ),
        Metric("psnr", "PSNR", "Peak signal-to-noise ratio, −10·log₁₀ of each sample's squared error.", "higher", ".2f", "dB"),
        Metric(
            "ssim",
            "SSIM",
            "Structural similarity: brightness, contrast and structure within a sliding window; 1 is the same picture "
            "(Wang et al. 2004).",
            "higher",
            ".4f",
        ),
    ),
    measure=_measure,
)
