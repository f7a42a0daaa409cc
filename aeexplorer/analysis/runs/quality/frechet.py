"""Fréchet distance of reconstructions and draws to the test pictures, on aeexplorer's own features."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.analysis.decoding import first_field
from aeexplorer.analysis.generation import offered_priors
from aeexplorer.analysis.generation.drawing import fit_prior
from aeexplorer.analysis.runs.quality.base import BATCH, EvaluationData, Family, Figure, Metric

CHANNELS = (32, 64)
"""Output channels of the two convolutions."""
N_AXES = 48
"""Number of principal axes that features are projected onto."""
MAX_DRAWS = 5_000
SEED = 1


class RandomFeatures(nn.Module):
    """Features of pictures ``(B, C, H, W)`` → ``(B, F)``, from two convolutions with random, untrained weights.

    The kernels are 3 × 3 with ReLU, and the weights are drawn with a fixed seed. The features are the mean responses in each
    quarter of the picture. Random convolutions separate pictures without labels (Naeem et al. 2020, arXiv:2002.09797) and need no
    download.
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
    """Compute the squared Fréchet distance between two sets of features, each approximated by a Gaussian.

    ‖μₐ − μ_b‖² + Tr(Σₐ + Σ_b − 2(Σₐ Σ_b)^½), at least 0; 0 for equal means and covariances (Dowson & Landau 1982). The FID uses
    the same formula on Inception features (Heusel et al. 2017, arXiv:1706.08500).

    Parameters
    ----------
    a, b
        Features ``(n, F)`` and ``(m, F)``.
    """
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    shared = np.linalg.eigvalsh(root @ cov_b @ root)
    trace = np.trace(cov_a) + np.trace(cov_b) - 2 * np.sqrt(np.maximum(shared, 0)).sum()
    return float(np.square(a.mean(0) - b.mean(0)).sum() + max(trace, 0.0))


def _measure(data: EvaluationData) -> dict[str, Figure]:
    run, model = data.run, data.model
    field = first_field(run, "image")
    assert field is not None
    features = RandomFeatures(run.dataset.fields[field].shape[0])

    def extract(batches: Iterable[Tensor]) -> np.ndarray:
        return torch.cat([features(batch.clamp(0, 1)) for batch in batches]).double().numpy()

    # principal axes of the training features, scaled to unit total variance
    train = extract(x[field] for x in data.inputs(data.train))
    mean, (_, scales, axes) = train.mean(0), np.linalg.svd(train - train.mean(0), full_matrices=False)
    projection = axes[:N_AXES].T * np.sqrt(len(train) / max(np.square(scales).sum(), 1e-12))  # (F, N_AXES)

    def project(values: np.ndarray) -> np.ndarray:
        return (values - mean) @ projection

    test = project(extract(x[field] for x in data.inputs(data.test)))
    with torch.inference_mode():
        # reconstructions
        own = project(extract(model(x).reconstruction[field] for x in data.inputs(data.test)))
        pca = project(extract(data.pca.reconstruct(x)[field] for x in data.inputs(data.test)))
        # draws from the first prior that is fitted quickly
        prior = next(prior for prior in offered_priors(run) if prior.quick)
        count = min(MAX_DRAWS, max(len(data.test), 2 * N_AXES))
        codes = torch.from_numpy(prior.draw(fit_prior(run, prior.name), count, 1.0, 0)).split(BATCH)
        decode = model.decode_codes if codes[0].dtype == torch.int64 else model.decode
        drawn = project(extract(decode(batch)[field] for batch in codes))
    return {
        "fid_reconstructions": Figure(frechet_distance(test, own), frechet_distance(test, pca)),
        "fid_samples": Figure(frechet_distance(test, drawn)),
        "fid_training": Figure(frechet_distance(test, project(train))),
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
            "Fréchet distance between test pictures and their reconstructions, on 48 aeexplorer features. Not comparable with an "
            "FID on Inception features (Heusel et al. 2017).",
            "lower",
            ".4f",
        ),
        Metric(
            "fid_samples",
            "Draws",
            "Fréchet distance between test pictures and the same number of draws. Latents are drawn from the mixture fitted to "
            "the latents; codes are drawn separately for each position.",
            "lower",
            ".4f",
        ),
        Metric(
            "fid_training",
            "Training pictures",
            "Fréchet distance between test and training pictures: the lowest value to expect.",
            "",
            ".4f",
        ),
    ),
    measure=_measure,
)
