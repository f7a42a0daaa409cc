"""The composition: what the loss of an autoencoder is made of, put together by hand."""

from pathlib import Path

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig

PICTURE = Field("picture", "image", (1, 4, 4), "uint8", {}, Path())


def model_of(**settings: object) -> tuple[Autoencoder, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    config = ModelConfig.model_validate({"network": "dense", "hidden": 16, **settings})
    return Autoencoder(config, {"picture": PICTURE}).train(), {"picture": torch.rand(6, 1, 4, 4)}


@pytest.mark.parametrize("beta", [1.0, 3.0])
def test_loss_of_a_vae_is_the_negative_elbo_with_beta_times_the_kl(beta: float) -> None:
    bottleneck = {"kind": "gaussian", "latent_dim": 3, "beta": beta, "kl_warmup": 0.5}
    model, x = model_of(bottleneck=bottleneck, likelihood="bernoulli")
    for progress, share in ((0.1, 0.2), (0.5, 1.0), (1.0, 1.0)):
        torch.manual_seed(1)
        output = model(x, progress)
        torch.manual_seed(1)
        code = output.code
        assert code.mean is not None
        assert code.logvar is not None
        posterior = Normal(code.mean, (0.5 * code.logvar).exp())
        logits = model.decoders["picture"](model.bottleneck.expand(posterior.loc + posterior.scale * torch.randn(6, 3)))
        nats = -Bernoulli(logits=logits, validate_args=False).log_prob(x["picture"]).flatten(1).sum(1)
        kl = kl_divergence(posterior, Normal(0.0, 1.0)).sum(1)
        torch.testing.assert_close(output.terms["reconstruction"], nats)
        torch.testing.assert_close(output.terms["kl"], kl)
        torch.testing.assert_close(output.loss, nats + share * beta * kl)


def test_loss_compares_with_the_clean_sample_and_only_training_corrupts() -> None:
    corruption = {"kind": "masking", "share": 0.5}
    model, x = model_of(bottleneck="deterministic", likelihood="gaussian", corruption=corruption)
    sigma = model.config.likelihood.sigma
    torch.manual_seed(1)
    output = model(x)
    torch.manual_seed(1)
    seen = model.corrupt(x)
    assert not torch.equal(seen["picture"], x["picture"])
    torch.testing.assert_close(output.code.latent, model.encode(seen).latent)
    expected = -Normal(output.reconstruction["picture"], sigma).log_prob(x["picture"]).flatten(1).sum(1)
    torch.testing.assert_close(output.loss, expected)
    torch.testing.assert_close(model.eval()(x).code.latent, model.encode(x).latent)


def test_loss_holds_the_weighted_penalty_on_the_encoders_jacobian() -> None:
    model, x = model_of(bottleneck={"kind": "contractive", "latent_dim": 2, "weight": 0.3}, likelihood="gaussian")
    output = model(x)
    jacobians = [
        torch.autograd.functional.jacobian(lambda p: model.encode({"picture": p}).latent, picture[None])
        for picture in x["picture"]
    ]
    norms = torch.stack([j.square().sum() for j in jacobians])
    torch.testing.assert_close(output.loss, output.terms["reconstruction"] + 0.3 * norms)
