"""Error, PSNR and SSIM against their definitions."""

import numpy as np
import pytest
import torch

from aeexplorer.analysis.runs.quality.base import EvaluationData
from aeexplorer.analysis.runs.quality.reconstruction import FAMILY, psnr, ssim


def pictures(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    a = torch.rand(*shape, generator=generator)
    return a, (a + 0.2 * torch.randn(*shape, generator=generator)).clamp(0, 1)


def ssim_by_loop(a: np.ndarray, b: np.ndarray, size: int) -> float:
    """Compute the SSIM of two pictures ``(H, W)`` window by window."""
    offsets = np.arange(size) - (size - 1) / 2
    bell = np.exp(-(offsets**2) / 4.5)
    window = np.outer(bell, bell) / np.outer(bell, bell).sum()
    values = []
    for i in range(a.shape[0] - size + 1):
        for j in range(a.shape[1] - size + 1):
            p, q = a[i : i + size, j : j + size], b[i : i + size, j : j + size]
            mp, mq = (window * p).sum(), (window * q).sum()
            vp, vq, c = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum(), (window * (p - mp) * (q - mq)).sum()
            values.append((2 * mp * mq + 1e-4) * (2 * c + 9e-4) / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4)))
    return float(np.mean(values))


@pytest.mark.parametrize(("side", "window"), [(16, 11), (8, 7), (3, 3)])
def test_ssim_matches_its_definition(side: int, window: int) -> None:
    a, b = (x.double() for x in pictures(2, 3, side, side))
    expected = [np.mean([ssim_by_loop(p.numpy(), q.numpy(), window) for p, q in zip(a[i], b[i], strict=True)]) for i in range(2)]
    assert ssim(a, b).numpy() == pytest.approx(expected, abs=1e-9)
    assert ssim(a, a).numpy() == pytest.approx([1, 1])


def test_ssim_agrees_with_scikit_image() -> None:
    metrics = pytest.importorskip("skimage.metrics")
    a, b = (x.double() for x in pictures(1, 1, 28, 24))
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    assert float(ssim(a, b)) == pytest.approx(
        metrics.structural_similarity(a[0, 0].numpy(), b[0, 0].numpy(), **options), abs=1e-6
    )


def test_psnr_in_decibels() -> None:
    assert psnr(torch.tensor([1.0, 0.01, 0.0])).tolist() == pytest.approx([0, 20, 100])


def test_metrics_agree_with_the_training_and_include_pca(trained) -> None:
    run = trained.runs["vae"]
    figures = FAMILY.measure(EvaluationData(run))
    assert figures["mse"].value == pytest.approx(run.metrics["test"]["mse"], rel=1e-4)
    assert figures["mse"].pca == pytest.approx(run.metrics["pca"]["mse"], rel=1e-3)
    errors = np.asarray(run.errors)[run.dataset.ids("test")]
    assert figures["psnr"].value == pytest.approx(float((-10 * np.log10(errors)).mean()), rel=1e-4)
    assert set(figures) == {"mse", "psnr", "ssim"}


def test_a_table_with_missing_values_has_no_ssim(trained) -> None:
    run = trained.runs["ae"]
    figures = FAMILY.measure(EvaluationData(run))
    assert set(figures) == {"mse"}  # no greatest value, so no signal-to-noise ratio either
    assert figures["mse"].value == pytest.approx(run.metrics["test"]["mse"], rel=1e-4)
    assert figures["mse"].pca == pytest.approx(run.metrics["pca"]["mse"], rel=0.05)
