"""Settings of a model without an effect for a network are exactly those that are marked as such."""

from typing import Any

import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import When, settings_without_effect
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import resolve_automatic
from aeexplorer.models.config import ModelConfig
from tests.modalities.networks.fixtures import FIELDS, build, toys

CHANGES: dict[str, Any] = {"hidden": 8, "depth": 4, "channels": 16, "activation": "tanh", "tied": True, "cell": "lstm"}
BOTTLENECKS: list[dict[str, Any]] = [
    {"kind": "deterministic", "latent_dim": 3},
    *({"kind": "vector_quantized", "codebook_size": 8, "code_dim": 2, "token_target": count} for count in (0, 1, 4)),
]
NETWORKS = [(name, network) for name in ("grey", "table") for network in modality_of(FIELDS[name]).networks]


def weights_and_outputs(name: str, network: str, bottleneck: dict[str, Any], **model: Any) -> list[torch.Tensor] | None:
    """Return the weights and outputs of a new model; None if the settings are refused."""
    try:
        new_model = build(FIELDS[name], network, bottleneck, **model)
    except UserError:
        return None
    output = new_model.eval()(toys(FIELDS[name], 4))
    return [*new_model.state_dict().values(), *(x.detach() for x in output.reconstruction.values())]


@pytest.mark.parametrize(("name", "network"), NETWORKS)
@pytest.mark.parametrize("bottleneck", BOTTLENECKS, ids=lambda part: f"{part['kind']} {part.get('token_target', '')}")
def test_settings_have_an_effect_unless_marked_otherwise(name: str, network: str, bottleneck: dict[str, Any]) -> None:
    idle = settings_without_effect(ModelConfig.model_validate({"network": network, "bottleneck": bottleneck}).leaves())
    before = weights_and_outputs(name, network, bottleneck)
    assert before is not None
    for setting, value in CHANGES.items():
        after = weights_and_outputs(name, network, bottleneck, **{setting: value})
        same = after is None or (len(before) == len(after) and all(map(torch.equal, before, after)))
        assert same == (setting in idle) or (setting == "tied" and network == "linear"), setting


def test_every_setting_with_conditions_is_changed() -> None:
    marked = {name for name, field in ModelConfig.model_fields.items() if any(isinstance(m, When) for m in field.metadata)}
    assert marked - {"likelihood"} == set(CHANGES)


@pytest.mark.parametrize("name", ["text", "grey"])
def test_likelihood_has_an_effect_unless_the_data_are_texts(name: str) -> None:
    config, meaning = ModelConfig(), {"modality": resolve_automatic({"sample": FIELDS[name]})["model.modality"]}
    idle = settings_without_effect(config.leaves(), meaning, groups=config.conditional_groups())
    losses = []
    for likelihood in ({"kind": "gaussian"}, {"kind": "gaussian", "sigma": 0.3}, {"kind": "laplace"}):
        model = build(FIELDS[name], "dense", likelihood=likelihood).eval()
        losses.append(model(toys(FIELDS[name], 4)).loss.detach())
    same = all(torch.equal(losses[0], other) for other in losses[1:])
    assert same == (name == "text") == ("likelihood" in idle) == ("likelihood.sigma" in idle)


@pytest.mark.parametrize(("name", "idle"), [("grey", {"tied", "cell"}), ("table", {"channels", "cell"})])
def test_auto_means_the_first_network_of_the_data(name: str, idle: set[str]) -> None:
    meaning = {"network": resolve_automatic({"sample": FIELDS[name]})["model.network"]}
    assert set(settings_without_effect(ModelConfig().leaves(), meaning)) == idle
