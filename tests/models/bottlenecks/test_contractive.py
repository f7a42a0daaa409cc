"""The contractive penalty, compared with the Jacobian itself."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.contractive import jacobian_norm, jacobian_norm_estimate
from aeexplorer.models.config import ModelConfig

PICTURE = Field("picture", "image", (1, 6, 6), "uint8", {}, Path())


def encoder(sizes: tuple[int, ...]) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(sizes[0], sizes[1]), nn.Tanh(), nn.Linear(sizes[1], sizes[2]))


def test_penalty_is_the_squared_norm_of_the_jacobian() -> None:
    network, x = encoder((8, 10, 5)), torch.randn(4, 2, 4)

    def encode(inputs: Mapping[str, Tensor]) -> Tensor:
        return network(inputs["x"])

    jacobians = [torch.autograd.functional.jacobian(network, sample[None]).flatten() for sample in x]
    torch.testing.assert_close(jacobian_norm(encode, {"x": x}), torch.stack(jacobians).square().sum(1))


def test_penalties_of_several_fields_add_up() -> None:
    first, second = encoder((3, 4, 5)), encoder((6, 4, 5))
    a, b = torch.randn(4, 3), torch.randn(4, 6)
    both = jacobian_norm(lambda x: first(x["a"]) + second(x["b"]), {"a": a, "b": b})
    separate = [jacobian_norm(lambda x: first(x["a"]), {"a": a}), jacobian_norm(lambda x: second(x["b"]), {"b": b})]
    torch.testing.assert_close(both, separate[0] + separate[1])


def test_estimate_is_unbiased() -> None:
    network, x = encoder((8, 10, 40)), {"x": torch.randn(3, 8)}
    exact = jacobian_norm(lambda inputs: network(inputs["x"]), x).detach()
    draws = torch.stack([jacobian_norm_estimate(lambda inputs: network(inputs["x"]), x).detach() for _ in range(400)])
    assert (draws.mean(0) - exact).abs().lt(4 * draws.std(0) / 400**0.5).all()
    assert draws.std(0).min() > 0


@pytest.mark.parametrize("latent_dim", [3, 40])
def test_training_with_the_penalty_reduces_the_jacobian(latent_dim: int) -> None:
    norms = []
    for weight in (0.0, 5.0):
        torch.manual_seed(0)
        bottleneck = {"kind": "contractive", "latent_dim": latent_dim, "weight": weight}
        config = ModelConfig.model_validate({"network": "dense", "hidden": 16, "bottleneck": bottleneck})
        model = Autoencoder(config, {"picture": PICTURE}).train()
        x = {"picture": torch.rand(64, 1, 6, 6)}
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        for _ in range(40):
            output = model(x)
            optimizer.zero_grad()
            output.loss.mean().backward()
            optimizer.step()
        norms.append(float(jacobian_norm(lambda inputs, model=model: model.encode(inputs).latent, x).mean().detach()))
    assert norms[1] < 0.5 * norms[0]


def test_penalty_is_computed_in_training_only() -> None:
    config = ModelConfig.model_validate({"network": "dense", "hidden": 16, "bottleneck": {"kind": "contractive"}})
    model, x = Autoencoder(config, {"picture": PICTURE}), {"picture": torch.rand(4, 1, 6, 6)}
    assert "contraction" in model.train()(x).terms
    with torch.inference_mode():
        assert "contraction" not in model.eval()(x).terms


def test_estimate_is_exact_for_one_latent_and_adds_up_the_fields() -> None:
    first, second = encoder((3, 4, 1)), encoder((6, 4, 1))
    x = {"a": torch.randn(4, 3), "b": torch.randn(4, 6)}

    def encode(inputs: Mapping[str, Tensor]) -> Tensor:
        return first(inputs["a"]) + second(inputs["b"])

    torch.testing.assert_close(jacobian_norm_estimate(encode, x), jacobian_norm(encode, x))


def test_penalty_has_its_weight() -> None:
    config = ModelConfig.model_validate({"network": "dense", "hidden": 16, "bottleneck": {"kind": "contractive", "weight": 0.3}})
    model = Autoencoder(config, {"picture": PICTURE}).train()
    assert model({"picture": torch.rand(4, 1, 6, 6)}).code.weights == {"contraction": 0.3}
