"""Estimates of parameters, steps and memory."""

from typing import Any

import numpy as np
import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.config import RunConfig
from aeexplorer.training.defaults import config_for
from aeexplorer.training.estimate import estimate


@pytest.mark.parametrize("run", ["vae", "vq", "ae"])
def test_the_estimate_matches_the_model(trained: Any, run: str) -> None:
    config, dataset = trained.runs[run].config, trained.runs[run].dataset
    model = Autoencoder(config.model, dataset.fields)
    size = estimate(config, dataset)
    assert size.parameters == sum(p.numel() for p in model.parameters())
    assert size.discrete == (run == "vq")
    assert size.code == (tuple(model.grid) if size.discrete else (model.bottleneck.latent_dim,))
    history = trained.runs[run].history()
    assert size.steps == history[-1]["steps"]


def test_larger_batches_and_models_take_more_memory(trained: Any) -> None:
    config, dataset = trained.runs["vae"].config, trained.runs["vae"].dataset
    plain = estimate(config, dataset).memory
    assert estimate(config.replace({"training.batch_size": 4096}), dataset).memory > plain
    assert estimate(config.replace({"model.hidden": 2048}), dataset).memory > plain
    assert plain > dataset.main_field.array.nbytes


@pytest.mark.parametrize("network", ["transformer", "recurrent"])
def test_attention_and_recurrent_steps_are_counted(make_blobs: Any, workspace: Workspace, network: str) -> None:
    """The estimate grows with the batch size about as much as the tensors that autograd saves."""
    dataset = make_blobs(workspace, 64, 24)
    config = RunConfig(dataset=dataset.id).replace({"model.network": network})
    model = Autoencoder(config.model, dataset.fields)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def saved(count: int) -> int:
        saved_tensors: dict[int, torch.Tensor] = {}

        def save(tensor: torch.Tensor) -> torch.Tensor:
            saved_tensors[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
            model(model.prepare({"image": torch.from_numpy(np.array(dataset.main_field.array[:count]))}))
        return sum(saved_tensors[address].untyped_storage().nbytes() for address in saved_tensors.keys() - weights)

    few, many = (estimate(config.replace({"training.batch_size": size}), dataset).memory for size in (16, 64))
    real = saved(64) - saved(16)
    assert 0.5 * real < many - few < 2 * real


def test_the_estimate_allocates_no_tensors(trained: Any) -> None:
    dataset = trained.runs["vae"].dataset
    config = config_for("dense-ae", dataset, {"model.hidden": 4096, "model.depth": 8, "training.batch_size": 65536})
    assert estimate(config, dataset).memory > 4e9


def test_settings_that_do_not_fit_are_refused(trained: Any) -> None:
    run = trained.runs["ae"]
    with pytest.raises(UserError, match="does not fit"):
        estimate(run.config.replace({"model.network": "conv"}), run.dataset)
