"""Log-weights of an untrained VAE against torch.distributions, in a space where the bounds are known."""

from pathlib import Path

import pytest
import torch
from torch.distributions import Normal

from aeexplorer.analysis.runs.quality.likelihood import importance_bound, log_weights
from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig

PICTURE = Field("picture", "image", (1, 4, 4), "uint8", {}, Path())


def test_log_weights_are_the_joint_density_minus_that_of_the_posterior() -> None:
    torch.manual_seed(0)
    config = ModelConfig.model_validate({"network": "dense", "hidden": 16, "bottleneck": {"kind": "gaussian", "latent_dim": 3}})
    model, x = Autoencoder(config, {"picture": PICTURE}).eval(), {"picture": torch.rand(5, 1, 4, 4)}
    with torch.no_grad():
        model.bottleneck.to_posterior.bias[3:] = torch.tensor([-3.0, 0.5, 1.5])
        code = model.encode(x)
        torch.manual_seed(1)
        weights = log_weights(model, x, 7)
        torch.manual_seed(1)
        posterior = Normal(code.mean, code.logvar.exp().sqrt())
        draws = posterior.loc + posterior.scale * torch.randn(7, 5, 3)
        likelihood = -torch.stack([model.nll(draw, x) for draw in draws])
        expected = likelihood + Normal(0.0, 1.0).log_prob(draws).sum(2) - posterior.log_prob(draws).sum(2)
    torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-3)


def test_importance_bound_is_the_logarithm_of_the_mean_weight() -> None:
    weights = torch.tensor([[1.0, 2.0, 5.0], [3.0, 2.0, 7.0]]).log()
    torch.testing.assert_close(importance_bound(weights).exp(), torch.tensor([2.0, 2.0, 6.0]))
    assert float(importance_bound(weights[:1])[0]) == pytest.approx(0.0)
