"""PCA of the same size, against scikit-learn and a multivariate normal distribution."""

import numpy as np
import torch
from sklearn.decomposition import PCA

from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.scoring.pca import MIN_SIGMA, PrincipalComponents, fit_pca


def fitted(dataset: Dataset, components: int) -> tuple[PrincipalComponents, np.ndarray]:
    """Return PCA of the training pictures, and these pictures ``(n, 64)``."""
    model = Autoencoder(ModelConfig.model_validate({"network": "dense"}), dataset.fields)
    train = np.array(dataset.fields["image"].array[dataset.ids("train")]).reshape(-1, 64) / 255
    return fit_pca(model, dataset, components), train


def test_components_are_those_of_scikit_learn_the_largest_first(dataset: Dataset) -> None:
    pca, train = fitted(dataset, 5)
    expected = PCA(5).fit(train)
    cosines = np.abs((expected.components_ * pca.axes.numpy().T).sum(1))
    np.testing.assert_allclose(cosines, 1, atol=1e-3)
    np.testing.assert_allclose(pca.variances, expected.explained_variance_ * (len(train) - 1) / len(train), rtol=1e-3)
    x = {"image": torch.from_numpy(train[:7]).float().view(-1, 1, 8, 8)}
    back = pca.reconstruct(x)["image"].flatten(1)
    np.testing.assert_allclose(back, expected.inverse_transform(expected.transform(train[:7])), atol=1e-3)


def test_the_log_likelihood_is_that_of_a_normal_distribution_with_the_covariance_of_probabilistic_pca(dataset: Dataset) -> None:
    pca, train = fitted(dataset, 6)
    x = torch.from_numpy(train[:9]).float()
    for components in (0, 2, 6):
        rest = max((pca.total - float(pca.variances[:components].sum())) / (64 - components), MIN_SIGMA**2)
        axes = pca.axes[:, :components].double()
        covariance = (
            rest * torch.eye(64, dtype=torch.double) + axes @ torch.diag(pca.variances[:components].double() - rest) @ axes.T
        )
        expected = torch.distributions.MultivariateNormal(pca.mean.double(), covariance).log_prob(x.double())
        got = pca.log_likelihood({"image": x.view(-1, 1, 8, 8)}, components)
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-2)


def test_the_best_isotropic_remainder_has_the_highest_likelihood_on_its_own_data(dataset: Dataset) -> None:
    pca, train = fitted(dataset, 4)
    x = {"image": torch.from_numpy(train).float().view(-1, 1, 8, 8)}
    levels = [float(pca.log_likelihood(x, components).mean()) for components in range(5)]
    assert levels == sorted(levels)
    expected = PCA(4).fit(train).score(train)
    assert abs(levels[4] - expected) < 0.02 * abs(expected)
