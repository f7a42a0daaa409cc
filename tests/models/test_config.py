"""The settings of a model that have no effect with a network are those that are said to have none."""

from typing import Any

import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.core.settings import When, settings_without_effect
from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import resolve_automatic
from aeexplorer.models.config import ModelConfig
from tests.modalities.networks.making import FIELDS, build, toys

TURNED: dict[str, Any] = {"hidden": 8, "depth": 4, "channels": 16, "activation": "tanh", "tied": True, "cell": "lstm"}
BOTTLENECKS: list[dict[str, Any]] = [
    {"kind": "deterministic", "latent_dim": 3},
    *({"kind": "vector_quantized", "codebook_size": 8, "code_dim": 2, "token_target": count} for count in (0, 1, 4)),
]
NETWORKS = [(name, network) for name in ("grey", "table") for network in modality_of(FIELDS[name]).networks]


def made(name: str, network: str, bottleneck: dict[str, Any], **model: Any) -> list[torch.Tensor] | None:
    """Weights and outputs of a new model; None where there is no such model."""
    try:
        built = build(FIELDS[name], network, bottleneck, **model)
    except UserError:
        return None
    output = built.eval()(toys(FIELDS[name], 4))
    return [*built.state_dict().values(), *(x.detach() for x in output.reconstruction.values())]


@pytest.mark.parametrize(("name", "network"), NETWORKS)
@pytest.mark.parametrize("bottleneck", BOTTLENECKS, ids=lambda part: f"{part['kind']} {part.get('token_target', '')}")
def test_a_setting_has_an_effect_unless_it_is_said_to_have_none(name: str, network: str, bottleneck: dict[str, Any]) -> None:
    idle = settings_without_effect(ModelConfig.model_validate({"network": network, "bottleneck": bottleneck}).leaves())
    before = made(name, network, bottleneck)
    assert before is not None
    for setting, value in TURNED.items():
        after = made(name, network, bottleneck, **{setting: value})
        same = after is None or (len(before) == len(after) and all(map(torch.equal, before, after)))
        assert same == (setting in idle) or (setting == "tied" and network == "linear"), setting


def test_every_setting_with_conditions_is_turned() -> None:
    marked = {name for name, field in ModelConfig.model_fields.items() if any(isinstance(m, When) for m in field.metadata)}
    assert marked - {"likelihood"} == set(TURNED)


@pytest.mark.parametrize("name", ["text", "grey"])
def test_a_likelihood_has_an_effect_unless_the_data_are_texts(name: str) -> None:
    config, meaning = ModelConfig(), {"modality": resolve_automatic({"sample": FIELDS[name]})["model.modality"]}
    idle = settings_without_effect(config.leaves(), meaning, groups=config.conditional_groups())
    losses = []
    for likelihood in ({"kind": "gaussian"}, {"kind": "gaussian", "sigma": 0.3}, {"kind": "laplace"}):
        model = build(FIELDS[name], "dense", likelihood=likelihood).eval()
        losses.append(model(toys(FIELDS[name], 4)).loss.detach())
    same = all(torch.equal(losses[0], other) for other in losses[1:])
    assert same == (name == "text") == ("likelihood" in idle) == ("likelihood.sigma" in idle)


@pytest.mark.parametrize(("name", "idle"), [("grey", {"tied", "cell"}), ("table", {"channels", "cell"})])
def test_auto_is_the_first_network_of_the_data(name: str, idle: set[str]) -> None:
    meaning = {"network": resolve_automatic({"sample": FIELDS[name]})["model.network"]}
    assert set(settings_without_effect(ModelConfig().leaves(), meaning)) == idle
