import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Dataset
from aeexplorer.exchange.offline.program import OPERATIONS, pack_constant, trace_decoder, unpack_constant
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.training.defaults import config_for

MODELS = [
    ("linear-ae", {}),
    ("dense-ae", {"model.tied": True}),
    ("vae", {"model.likelihood": "continuous_bernoulli", "model.activation": "elu"}),
    ("vae", {"model.network": "transformer", "model.activation": "gelu"}),
    ("vae", {"model.network": "dilated"}),
    ("sparse-ae", {}),
    ("vq-vae", {"model.cosine": True}),
    ("vq-vae", {"model.token_target": 5}),
    ("fsq", {}),
    ("rvq", {}),
    ("sim-vq", {}),
]


def untrained(dataset: Dataset, preset: str, changes: dict[str, object]) -> Autoencoder:
    torch.manual_seed(0)
    small = {"model.hidden": 24, "model.channels": 8}
    model = Autoencoder(config_for(preset, dataset, small | changes).model, dataset.fields)
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize(("preset", "changes"), MODELS)
def test_the_program_decodes_like_the_model(dataset: Dataset, preset: str, changes: dict[str, object]) -> None:
    model = untrained(dataset, preset, changes)
    program = trace_decoder(model, "image")
    assert {step.name for step in program.steps} <= OPERATIONS | {"getitem"}
    for latent in torch.randn(3, 1, model.bottleneck.latent_dim):
        expected = model.decode(latent)["image"].clamp(0, 1)
        torch.testing.assert_close(program(latent), expected, atol=1e-5, rtol=0)
        assert (program.rounded("float16")(latent) - expected).abs().max() < 2 / 255


def test_unsupported_operations_are_refused(dataset: Dataset) -> None:
    with pytest.raises(UserError, match="which an offline page cannot compute"):
        trace_decoder(untrained(dataset, "recurrent-ae", {}), "image")


def test_eight_bits_round_each_row_to_half_a_step() -> None:
    weights = torch.randn(90, 70) * torch.logspace(-3, 3, 90)[:, None]
    rounded, scale = pack_constant(weights, "int8")
    assert rounded.dtype == torch.int8
    steps = weights.abs().amax(1) / 127
    assert ((unpack_constant(rounded, scale) - weights).abs().amax(1) <= 0.501 * steps).all()


def test_small_constants_and_integers_stay_unchanged() -> None:
    for constant in (torch.randn(64, 64), torch.randn(9000), torch.arange(9000).view(90, 100)):
        rounded, scale = pack_constant(constant, "int8")
        assert scale is None
        assert torch.equal(rounded, constant)
