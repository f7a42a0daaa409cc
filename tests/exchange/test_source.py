"""The generated source of models with each bottleneck and each network."""

from typing import Any

import numpy as np
import pytest
import torch

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import parse
from aeexplorer.data.dataset import Dataset
from aeexplorer.exchange.pair import build_pair, largest_difference
from aeexplorer.exchange.script import script_source
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import BOTTLENECKS, ModelConfig
from aeexplorer.models.parts import PartSettings


def build_model(dataset: Dataset, **settings: Any) -> tuple[Autoencoder, tuple[torch.Tensor, ...]]:
    torch.manual_seed(0)
    small = {"hidden": 16, "channels": 4, "depth": 1} | settings
    model = Autoencoder(parse(ModelConfig, small), dataset.fields)
    x = model.prepare({name: torch.from_numpy(np.array(f.array[:64])) for name, f in dataset.fields.items()})
    model.train()
    model(x)  # initialise statistics and codebooks from data
    return model.eval().requires_grad_(False), tuple(x.values())


def check_source(model: Autoencoder, inputs: tuple[torch.Tensor, ...]) -> str:
    """Write the source from three samples, check its outputs on all samples against the model's, and return it."""
    weights: dict[str, torch.Tensor] = {}
    source = script_source("run-0", build_pair(model, tuple(x[:3] for x in inputs)), weights)
    space: dict[str, Any] = {"__name__": "model", "__file__": "model.py"}
    exec(source, space)
    expected = build_pair(model, inputs)
    with torch.no_grad():
        code = space["encode"](weights, *inputs)
        outputs = space["decode"](weights, expected.code)
    assert largest_difference((code, *outputs), (expected.code, *expected.outputs)) < 1e-5
    first = space["decode"](weights, expected.code[:1])
    assert largest_difference(first, tuple(y[:1] for y in expected.outputs)) < 1e-5
    return source


@pytest.mark.parametrize("kind", list(collect(BOTTLENECKS, PartSettings)))
def test_every_bottleneck(dataset: Dataset, kind: str) -> None:
    assert "torch.ops" not in check_source(*build_model(dataset, network="dense", bottleneck={"kind": kind}))


@pytest.mark.parametrize("penalty", ["kl", "top_k"])
def test_every_penalty(dataset: Dataset, penalty: str) -> None:
    check_source(*build_model(dataset, network="dense", bottleneck={"kind": "sparse", "penalty": penalty}))


@pytest.mark.parametrize("network", ["conv", "linear", "recurrent", "dilated", "transformer"])
def test_every_network(dataset: Dataset, network: str) -> None:
    check_source(*build_model(dataset, network=network, bottleneck={"kind": "vector_quantized"}))


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu", "elu"])
def test_every_activation(dataset: Dataset, activation: str) -> None:
    check_source(*build_model(dataset, network="dense", activation=activation))


def test_the_source_names_layers_as_pytorch_does(dataset: Dataset) -> None:
    source = check_source(*build_model(dataset, network="conv", bottleneck={"kind": "gaussian"}))
    assert 'F.conv2d(x0, w["encoders.image.' in source
    assert "F.silu(" in source
