"""Source of every kind of model: each bottleneck, each network."""

from typing import Any

import numpy as np
import pytest
import torch

from aeexplorer.core.registry import collect
from aeexplorer.core.settings import parse
from aeexplorer.data.dataset import Dataset
from aeexplorer.exchange.pair import halves, largest_difference
from aeexplorer.exchange.script import script_source
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import BOTTLENECKS, ModelConfig
from aeexplorer.models.parts import PartSettings


def model_of(dataset: Dataset, **settings: Any) -> tuple[Autoencoder, tuple[torch.Tensor, ...]]:
    torch.manual_seed(0)
    small = {"hidden": 16, "channels": 4, "depth": 1} | settings
    model = Autoencoder(parse(ModelConfig, small), dataset.fields)
    x = model.prepare({name: torch.from_numpy(np.array(f.array[:64])) for name, f in dataset.fields.items()})
    model.train()
    model(x)  # statistics and codebooks come from data
    return model.eval().requires_grad_(False), tuple(x.values())


def checked(model: Autoencoder, inputs: tuple[torch.Tensor, ...]) -> str:
    """The source, after it gave what the model gives for other samples than it was written from."""
    weights: dict[str, torch.Tensor] = {}
    source = script_source("run-0", halves(model, tuple(x[:3] for x in inputs)), weights)
    space: dict[str, Any] = {"__name__": "model", "__file__": "model.py"}
    exec(source, space)
    wanted = halves(model, inputs)
    with torch.no_grad():
        code = space["encode"](weights, *inputs)
        outputs = space["decode"](weights, wanted.code)
    assert largest_difference((code, *outputs), (wanted.code, *wanted.outputs)) < 1e-5
    one = space["decode"](weights, wanted.code[:1])
    assert largest_difference(one, tuple(y[:1] for y in wanted.outputs)) < 1e-5
    return source


@pytest.mark.parametrize("kind", list(collect(BOTTLENECKS, PartSettings)))
def test_every_bottleneck(dataset: Dataset, kind: str) -> None:
    assert "torch.ops" not in checked(*model_of(dataset, network="dense", bottleneck={"kind": kind}))


@pytest.mark.parametrize("penalty", ["kl", "top_k"])
def test_every_penalty(dataset: Dataset, penalty: str) -> None:
    checked(*model_of(dataset, network="dense", bottleneck={"kind": "sparse", "penalty": penalty}))


@pytest.mark.parametrize("network", ["conv", "linear", "recurrent", "dilated", "transformer"])
def test_every_network(dataset: Dataset, network: str) -> None:
    checked(*model_of(dataset, network=network, bottleneck={"kind": "vector_quantized"}))


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu", "elu"])
def test_every_activation(dataset: Dataset, activation: str) -> None:
    checked(*model_of(dataset, network="dense", activation=activation))


def test_the_source_names_layers_as_pytorch_does(dataset: Dataset) -> None:
    source = checked(*model_of(dataset, network="conv", bottleneck={"kind": "gaussian"}))
    assert 'F.conv2d(x0, w["encoders.image.' in source
    assert "F.silu(" in source
