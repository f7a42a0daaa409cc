"""Contract of every network × every modality × one or several tokens × shapes and settings."""

import itertools
from typing import get_args

import pytest
import torch

from aeexplorer.modalities.base import modality_of
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import Activation, Initialisation, ModelConfig
from tests.modalities.networks.fixtures import FIELDS, PAIRS, TABLE, TEXT, build, picture, toys, trained_error

NETWORKS = [("grey", network) for network in modality_of(FIELDS["grey"]).networks] + [
    ("table", network) for network in modality_of(TABLE).networks
]
NETWORKS.append(("video", "conv"))
NON_LINEAR = [(name, network) for name, network in NETWORKS if network != "linear"]
SMALL = ModelConfig.model_validate({"hidden": 24, "channels": 8})


@pytest.mark.parametrize(("name", "network"), PAIRS)
@pytest.mark.parametrize("tokens", [1, 4, 7, 12])
def test_networks_give_any_number_of_tokens_for_any_shape(name: str, network: str, tokens: int) -> None:
    torch.manual_seed(0)
    field = FIELDS[name]
    built = modality_of(field).network(network, SMALL, tokens)
    x = toys(field, 5)[field.name]
    h = built.encoder(x)
    assert h.shape == (5, tokens, built.width)
    y = built.decoder(h)
    assert y.shape == x.shape
    if y.requires_grad:  # a linear network has no parameters
        (y - torch.rand_like(y)).square().sum().backward()
    parameters = {**dict(built.encoder.named_parameters()), **dict(built.decoder.named_parameters())}
    assert all(p.grad is not None and p.grad.isfinite().all() for p in parameters.values())
    if min(x.shape[1:]) > 1 or field is TABLE:  # a single pixel has no neighbours for attention or convolution
        assert [key for key, p in parameters.items() if not p.grad.any()] == []


@pytest.mark.parametrize(("name", "network"), NETWORKS)
@pytest.mark.parametrize("bottleneck", ["deterministic", "vector_quantized"])
def test_short_training_beats_the_mean_clearly(name: str, network: str, bottleneck: str) -> None:
    field = FIELDS[name]
    assert trained_error(build(field, network, bottleneck, hidden=64), toys(field)) < 0.4


@pytest.mark.parametrize("network", list(modality_of(TEXT).networks))
def test_texts_are_learned(network: str) -> None:
    assert trained_error(build(TEXT, network, hidden=64), toys(TEXT), steps=300) < 0.4


@pytest.mark.parametrize(("name", "network"), NETWORKS)
def test_every_initialisation_and_activation_builds(name: str, network: str) -> None:
    field = FIELDS[name]
    x = toys(field, 4)
    for initialisation, activation in itertools.product(get_args(Initialisation), get_args(Activation)):
        model = build(field, network, initialisation=initialisation, activation=activation)
        assert model(x).loss.isfinite().all(), (initialisation, activation)


@pytest.mark.parametrize(("name", "network"), NETWORKS)
def test_zero_weights_never_learn_more_than_the_mean(name: str, network: str) -> None:
    model = build(FIELDS[name], network, initialisation="zeros")
    assert trained_error(model, toys(FIELDS[name]), 40) > 0.95


@pytest.mark.parametrize(("name", "network"), NON_LINEAR)
def test_every_activation_has_an_effect(name: str, network: str) -> None:
    x = toys(FIELDS[name], 4)
    losses = [build(FIELDS[name], network, activation=a)(x).loss.sum().item() for a in get_args(Activation)]
    assert len(set(losses)) == len(losses)


@pytest.mark.parametrize(("name", "network"), NETWORKS)
@pytest.mark.parametrize("depth", [1, 4])
def test_dropout_acts_in_training_only(name: str, network: str, depth: int) -> None:
    x = toys(FIELDS[name], 4)
    for share, differs in ((0.5, True), (0.0, False)):
        model = build(FIELDS[name], network, dropout=share, depth=depth).train()
        assert torch.equal(model(x).loss, model(x).loss) is not differs
        model.eval()
        assert torch.equal(model(x).loss, model(x).loss)


@pytest.mark.parametrize(("name", "network"), NON_LINEAR)
@pytest.mark.parametrize("bottleneck", ["deterministic", "vector_quantized"])
def test_depth_adds_layers_to_encoder_and_decoder(name: str, network: str, bottleneck: str) -> None:
    shallow, deep = (build(FIELDS[name], network, bottleneck, depth=depth) for depth in (2, 5))
    for side in ("encoders", "decoders"):
        shallow_size, deep_size = (sum(p.numel() for p in getattr(m, side).parameters()) for m in (shallow, deep))
        assert deep_size > shallow_size


@pytest.mark.parametrize("network", list(modality_of(FIELDS["grey"]).networks))
@pytest.mark.parametrize("shape", [(3, 512, 300), (1, 1, 40), (7, 31, 33)])
@pytest.mark.parametrize("bottleneck", ["deterministic", "vector_quantized"])
def test_pictures_of_any_size_are_reconstructed(network: str, shape: tuple[int, ...], bottleneck: str) -> None:
    model = build(picture(*shape), network, bottleneck).eval()
    with torch.inference_mode():
        assert model({"image": torch.rand(2, *shape)}).reconstruction["image"].shape == (2, *shape)


@pytest.mark.parametrize(("name", "network"), NETWORKS)
def test_models_are_built_on_the_meta_device(name: str, network: str) -> None:
    with torch.device("meta"):
        model = build(FIELDS[name], network, initialisation="orthogonal").eval()
    assert all(p.is_meta for p in model.parameters())


@pytest.mark.parametrize("network", list(modality_of(TABLE).networks))
def test_fields_are_fused_in_either_order(network: str) -> None:
    """The first field sets the number of tokens; the other field gives exactly as many."""
    for fields in ({"row": TABLE, "image": FIELDS["grey"]}, {"image": picture(1, 9, 5), "row": TABLE}):
        for kind in ("deterministic", "vector_quantized"):
            model = Autoencoder(SMALL.replace({"network": network, "bottleneck.kind": kind}), fields)
            x = {name: toys(field, 4)[name] for name, field in fields.items()}
            assert model(x).loss.isfinite().all()


@pytest.mark.parametrize("network", list(modality_of(TABLE).networks))
def test_missing_values_leave_outputs_and_gradients_finite(network: str) -> None:
    x = toys(TABLE, 4)["row"]
    x[0, 0] = torch.nan
    model = build(TABLE, network)
    output = model({"row": x})
    assert output.reconstruction["row"].isfinite().all()
    output.loss.mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
