"""How like the test pictures the drawn and the reconstructed ones are, on aeexplorer's own features."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.analysis.decoding import field_of
from aeexplorer.analysis.generation import offered_priors
from aeexplorer.analysis.generation.drawing import fit_prior
from aeexplorer.analysis.runs.quality.base import BATCH, Family, Figure, Material, Metric

CHANNELS = (32, 64)
KEPT = 48
DRAWN = 5_000
SEED = 1


class Features(nn.Module):
    """The aeexplorer features of pictures ``(B, C, H, W)`` → ``(B, F)``: two convolutions whose weights nobody trained.

    3 × 3 kernels, ReLU, weights from a fixed seed; the mean responses in each quarter of the picture. Random convolutions
    tell pictures apart without any label (Naeem et al. 2020, arXiv:2002.09797), and need no download.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            self.layers = nn.Sequential(
                nn.Conv2d(channels, CHANNELS[0], 3, padding=1),
                nn.ReLU(),
                nn.AvgPool2d(2, ceil_mode=True),
                nn.Conv2d(*CHANNELS, 3, padding=1),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d(2),
                nn.Flatten(),
            )
            for layer in self.layers:
                if isinstance(layer, nn.Conv2d):
                    nn.init.orthogonal_(layer.weight)

    @torch.inference_mode()
    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Distance of the Gaussians with the features' means and covariances (Dowson & Landau 1982): ``(n, F), (m, F)``.

    ‖μₐ − μ_b‖² + Tr(Σₐ + Σ_b − 2(Σₐ Σ_b)^½), as in the FID (Heusel et al. 2017, arXiv:1706.08500).
    """
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ cov_b @ root)
    trace = np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + max(trace, 0.0))


def _measure(material: Material) -> dict[str, Figure]:
    run, model = material.run, material.model
    field = field_of(run, "image")
    assert field is not None
    features = Features(run.dataset.fields[field].shape[0])

    def seen(pictures: Iterable[Tensor]) -> np.ndarray:
        return torch.cat([features(part.clamp(0, 1)) for part in pictures]).double().numpy()

    train = seen(x[field] for x in material.inputs(material.train))
    mean, (_, scales, axes) = train.mean(0), np.linalg.svd(train - train.mean(0), full_matrices=False)
    kept = axes[:KEPT].T * np.sqrt(len(train) / max(np.square(scales).sum(), 1e-12))

    def reduced(found: np.ndarray) -> np.ndarray:
        return (found - mean) @ kept

    test = reduced(seen(x[field] for x in material.inputs(material.test)))
    with torch.inference_mode():
        back = reduced(seen(model(x).reconstruction[field] for x in material.inputs(material.test)))
        pca = reduced(seen(material.pca_reconstruction(x)[field] for x in material.inputs(material.test)))
        prior = next(prior for prior in offered_priors(run) if prior.quick)
        count = min(DRAWN, max(len(material.test), 2 * KEPT))
        codes = torch.from_numpy(prior.draw(fit_prior(run, prior.name), count, 1.0, 0)).split(BATCH)
        decode = model.decode_codes if codes[0].dtype == torch.int64 else model.decode
        drawn = reduced(seen(decode(part)[field] for part in codes))
    return {
        "fid_reconstructions": Figure(frechet_distance(test, back), frechet_distance(test, pca)),
        "fid_samples": Figure(frechet_distance(test, drawn)),
        "fid_training": Figure(frechet_distance(test, reduced(train))),
    }


FAMILY = Family(
    name="frechet",
    title="Fréchet distance, aeexplorer features",
    place=70,
    needs=frozenset({"results", "image"}),
    metrics=(
        Metric(
            "fid_reconstructions",
            "Reconstructions",
            "Between test pictures and their reconstructions, on 48 aeexplorer features; not comparable with an FID on Inception "
            "features (after Heusel et al. 2017).",
            "lower",
            ".4f",
        ),
        Metric(
            "fid_samples",
            "Draws",
            "Between test pictures and as many draws: from the mixture fitted to the latents, or each place's codes alone.",
            "lower",
            ".4f",
        ),
        Metric("fid_training", "Training pictures", "Between test and training pictures: as low as it gets.", "", ".4f"),
    ),
    measure=_measure,
)
