"""What the layers of a model do."""

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.health import measure_health
from aeexplorer.training.trainer import Trainer, prepare


def trainer(dataset: Dataset, activation: str) -> Trainer:
    config = RunConfig(dataset=dataset.id).replace({"model.network": "dense", "model.hidden": 16, "model.activation": activation})
    return prepare(config, dataset, torch.device("cpu"))


@pytest.mark.parametrize(("activation", "name", "broken"), [("sigmoid", "saturated", 1e4), ("tanh", "saturated", 1e4)])
def test_large_weights_saturate(dataset: Dataset, activation: str, name: str, broken: float) -> None:
    made = trainer(dataset, activation)
    ids = dataset.ids("test")
    before = measure_health(made.model, made.data, ids)[name]
    with torch.no_grad():
        for parameter in made.model.parameters():
            parameter.mul_(broken)
    assert before < 0.1
    assert measure_health(made.model, made.data, ids)[name] > 0.8


def test_units_that_are_never_on_are_dead(dataset: Dataset) -> None:
    made = trainer(dataset, "relu")
    first = next(m for m in made.model.encoders["image"].modules() if isinstance(m, torch.nn.Linear))
    with torch.no_grad():
        first.bias[:8] = -1e6
        first.bias[8:] = 1.0
    assert measure_health(made.model, made.data, dataset.ids("test"))["dead"] >= 0.5


def test_variance_kept_is_one_of_a_copy_and_none_of_a_constant(dataset: Dataset) -> None:
    made = trainer(dataset, "silu")
    with torch.no_grad():
        for parameter in made.model.decoders.parameters():
            parameter.zero_()
    found = measure_health(made.model, made.data, dataset.ids("test"))
    assert found == {"variance_kept": pytest.approx(0.0, abs=1e-6)}
    assert not any(module._forward_hooks for module in made.model.modules())
    assert np.isfinite(found["variance_kept"])
