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
def test_it_says_what_the_model_really_has(trained: Any, run: str) -> None:
    config, dataset = trained.runs[run].config, trained.runs[run].dataset
    model = Autoencoder(config.model, dataset.fields)
    found = estimate(config, dataset)
    assert found.parameters == sum(p.numel() for p in model.parameters())
    assert found.discrete == (run == "vq")
    assert found.code == (tuple(model.grid) if found.discrete else (model.bottleneck.latent_dim,))
    history = trained.runs[run].history()
    assert found.steps == history[-1]["steps"]


def test_larger_batches_and_models_take_more_memory(trained: Any) -> None:
    config, dataset = trained.runs["vae"].config, trained.runs["vae"].dataset
    plain = estimate(config, dataset).memory
    assert estimate(config.replace({"training.batch_size": 4096}), dataset).memory > plain
    assert estimate(config.replace({"model.hidden": 2048}), dataset).memory > plain
    assert plain > dataset.main_field.array.nbytes


@pytest.mark.parametrize("network", ["transformer", "recurrent"])
def test_attention_and_recurrent_steps_are_counted(make_blobs: Any, workspace: Workspace, network: str) -> None:
    """What autograd really saves for a batch is most of what a batch adds to the estimate."""
    dataset = make_blobs(workspace, 64, 24)
    config = RunConfig(dataset=dataset.id).replace({"model.network": network})
    model = Autoencoder(config.model, dataset.fields)
    weights = {p.untyped_storage().data_ptr() for p in model.parameters()}

    def saved(count: int) -> int:
        found: dict[int, torch.Tensor] = {}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            found[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            model(model.prepare({"image": torch.from_numpy(np.array(dataset.main_field.array[:count]))}))
        return sum(found[place].untyped_storage().nbytes() for place in found.keys() - weights)

    few, many = (estimate(config.replace({"training.batch_size": size}), dataset).memory for size in (16, 64))
    real = saved(64) - saved(16)
    assert 0.5 * real < many - few < 2 * real


def test_nothing_of_it_is_allocated(trained: Any) -> None:
    dataset = trained.runs["vae"].dataset
    config = config_for("dense-ae", dataset, {"model.hidden": 4096, "model.depth": 8, "training.batch_size": 65536})
    assert estimate(config, dataset).memory > 4e9


def test_settings_that_do_not_fit_are_told(trained: Any) -> None:
    run = trained.runs["ae"]
    with pytest.raises(UserError, match="does not fit"):
        estimate(run.config.replace({"model.network": "conv"}), run.dataset)
