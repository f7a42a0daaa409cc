"""PCA with as many components as a model's code has numbers: the baseline of every run."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder

MAX_SAMPLES = 20_000
MAX_NUMBERS = 2**24
"""Samples, and numbers in all of them, that PCA is fitted on, at most."""
MIN_SIGMA = 1 / 256
"""Smallest standard deviation of the noise of probabilistic PCA, as in the optimal-σ likelihood of a VAE."""


@dataclass(frozen=True)
class PrincipalComponents:
    """Principal components of samples in x-space, all fields side by side.

    Parameters
    ----------
    mean
        Mean of the training samples, ``(F,)``.
    axes
        Orthonormal columns, ``(F, k)``, the direction of greatest variance first.
    variances
        Variance of the training samples along each axis, ``(k,)``.
    total
        Sum of the variances of all features.
    shapes
        Shape of a sample in x-space, by field.
    """

    mean: Tensor
    axes: Tensor
    variances: Tensor
    total: float
    shapes: Mapping[str, torch.Size]

    @property
    def explained_variance(self) -> float:
        """Share of the variance of the training samples that the components explain."""
        return float(self.variances.sum()) / max(self.total, 1e-12)

    def truncated(self, components: int) -> "PrincipalComponents":
        """Return the same PCA with fewer components, at least one."""
        count = max(1, components)
        return PrincipalComponents(self.mean, self.axes[:, :count], self.variances[:count], self.total, self.shapes)

    def latents(self, x: Mapping[str, Tensor]) -> Tensor:
        """Return the scores of samples on the components, ``(B, k)``. Missing features count as the mean."""
        return (flatten_fields(x) - self.mean).nan_to_num() @ self.axes

    def reconstruct(self, x: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Project samples onto the components and back: x-space by field. Missing features count as the mean."""
        return self._by_field(self.latents(x) @ self.axes.T + self.mean)

    def mean_sample(self, count: int) -> dict[str, Tensor]:
        """Return the mean of the training samples `count` times, by field."""
        return self._by_field(self.mean.expand(count, -1))

    def _by_field(self, flat: Tensor) -> dict[str, Tensor]:
        parts = flat.split([shape.numel() for shape in self.shapes.values()], 1)
        return {name: part.reshape(-1, *shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    def log_likelihood(self, x: Mapping[str, Tensor], components: int) -> Tensor:
        """Compute log p(x) in nats under probabilistic PCA (Tipping & Bishop 1999, JRSS B 61:611), ``(B,)``.

        x ~ N(mean, W Wᵀ + σ²), where W spans the first components and σ² is the mean variance of all other directions, the
        maximum-likelihood solution. σ is at least 1/256, as in the optimal-σ likelihood.

        Parameters
        ----------
        x
            Samples in x-space by field, without missing values.
        components
            Number of components, at most k. With 0, the model is an isotropic Gaussian.
        """
        size = len(self.mean)
        variances = self.variances[:components].double()  # (c,)
        rest = max((self.total - float(variances.sum())) / max(size - components, 1), MIN_SIGMA**2)
        variances = variances.clamp_min(rest)
        centred = flatten_fields(x) - self.mean  # (B, F)
        scores = (centred @ self.axes[:, :components]).double().square()  # (B, c)
        outside = (centred.double().square().sum(1) - scores.sum(1)).clamp_min(0)
        log_determinant = float(variances.log().sum()) + (size - components) * math.log(rest)
        return -0.5 * (size * math.log(2 * math.pi) + log_determinant + (scores / variances).sum(1) + outside / rest)


def fit_pca(model: Autoencoder, dataset: Dataset, components: int) -> PrincipalComponents:
    """Fit PCA on the training samples in x-space.

    At most 20,000 training samples are used, fewer if they are large. Missing features are replaced by the training mean.

    Parameters
    ----------
    model
        The model that prepares the samples.
    dataset
        Samples and their splits.
    components
        Number of components. There are fewer if there are fewer samples or features.
    """
    shapes = {name: batch.shape[1:] for name, batch in prepare_samples(model, dataset, np.zeros(1, np.int32)).items()}
    features = sum(shape.numel() for shape in shapes.values())
    limit = max(2, min(MAX_SAMPLES, MAX_NUMBERS // features))
    centred = flat_features(model, dataset, np.random.default_rng(0).permutation(dataset.ids("train"))[:limit])  # (m, F)
    mean = centred.nanmean(0).nan_to_num()
    centred.sub_(mean).nan_to_num_()
    axes = principal_axes(centred, min(components, *centred.shape))  # (F, k)
    variances = (centred @ axes).square().mean(0)
    order = variances.argsort(descending=True)
    return PrincipalComponents(mean, axes[:, order], variances[order], float(centred.square().mean(0).sum()), shapes)


def principal_axes(centred: Tensor, size: int) -> Tensor:
    """Return the directions of greatest variance of centred samples ``(n, F)``: orthonormal columns ``(F, size)``.

    Up to 2,000 features the result is exact. With more features, a randomised range finder is used (Halko et al. 2011,
    arXiv:0909.4061).
    """
    if centred.shape[1] <= 2_000:
        products = (centred.T @ centred).double()  # float32 may not converge if many features are constant
        return torch.linalg.eigh(products).eigenvectors[:, -size:].float()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return torch.svd_lowrank(centred, q=min(size + 10, *centred.shape), niter=4)[2][:, :size]


def flatten_fields(x: Mapping[str, Tensor]) -> Tensor:
    """Concatenate the features of all fields: ``(B, F)``."""
    flat = [batch.flatten(1) for batch in x.values()]
    return flat[0] if len(flat) == 1 else torch.cat(flat, 1)


def prepare_samples(model: Autoencoder, dataset: Dataset, ids: np.ndarray) -> dict[str, Tensor]:
    """Return samples in x-space by field, float32 ``(m, *shape)``; missing values are NaN."""
    return model.prepare({name: torch.from_numpy(array) for name, array in dataset.samples(ids).items()})


def flat_features(model: Autoencoder, dataset: Dataset, ids: np.ndarray) -> Tensor:
    """Return samples in x-space with all fields side by side, float32 ``(m, F)``; missing values are NaN."""
    return flatten_fields(prepare_samples(model, dataset, ids))
