"""Health of a model: saturated and dead units, and the variance of the reconstructions."""

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Dataset
from aeexplorer.training.config import RunConfig
from aeexplorer.training.scoring.health import measure_health
from aeexplorer.training.trainer import Trainer, prepare


def trainer(dataset: Dataset, activation: str) -> Trainer:
    config = RunConfig(dataset=dataset.id).replace({"model.network": "dense", "model.hidden": 16, "model.activation": activation})
    return prepare(config, dataset, torch.device("cpu"))


@pytest.mark.parametrize(("activation", "name", "broken"), [("sigmoid", "saturated", 1e4), ("tanh", "saturated", 1e4)])
def test_large_weights_saturate(dataset: Dataset, activation: str, name: str, broken: float) -> None:
    untrained = trainer(dataset, activation)
    ids = dataset.ids("test")
    before = measure_health(untrained.model, untrained.data, ids)[name]
    with torch.no_grad():
        for parameter in untrained.model.parameters():
            parameter.mul_(broken)
    assert before < 0.1
    assert measure_health(untrained.model, untrained.data, ids)[name] > 0.8


def test_units_that_are_never_active_are_dead(dataset: Dataset) -> None:
    untrained = trainer(dataset, "relu")
    first = next(m for m in untrained.model.encoders["image"].modules() if isinstance(m, torch.nn.Linear))
    with torch.no_grad():
        first.bias[:8] = -1e6
        first.bias[8:] = 1.0
    assert measure_health(untrained.model, untrained.data, dataset.ids("test"))["dead"] >= 0.5


def test_a_constant_reconstruction_keeps_no_variance(dataset: Dataset) -> None:
    untrained = trainer(dataset, "silu")
    with torch.no_grad():
        for parameter in untrained.model.decoders.parameters():
            parameter.zero_()
    health = measure_health(untrained.model, untrained.data, dataset.ids("test"))
    assert health == {"variance_kept": pytest.approx(0.0, abs=1e-6)}
    assert not any(module._forward_hooks for module in untrained.model.modules())
    assert np.isfinite(health["variance_kept"])
