from typing import Any

import pytest

from aeexplorer.errors import UserError
from aeexplorer.models.autoencoder import Autoencoder
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


def test_nothing_of_it_is_allocated(trained: Any) -> None:
    dataset = trained.runs["vae"].dataset
    config = config_for("dense-ae", dataset, {"model.hidden": 4096, "model.depth": 8, "training.batch_size": 65536})
    assert estimate(config, dataset).memory > 4e9


def test_settings_that_do_not_fit_are_told(trained: Any) -> None:
    run = trained.runs["ae"]
    with pytest.raises(UserError, match="does not fit"):
        estimate(run.config.replace({"model.network": "conv"}), run.dataset)
