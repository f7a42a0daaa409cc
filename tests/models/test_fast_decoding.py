"""Fast decoders give the same results as the original decoders."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.fast_decoding import SubPixel, with_fast_decoders
from aeexplorer.training.defaults import config_for


@pytest.mark.parametrize("bias", [True, False])
def test_transposed_convolution_equals_a_shuffled_plain_one(bias: bool) -> None:
    up = nn.ConvTranspose2d(5, 3, 4, stride=2, padding=1, bias=bias).requires_grad_(False)
    x = torch.randn(2, 5, 7, 4)
    torch.testing.assert_close(SubPixel(up)(x), up(x))


@pytest.mark.parametrize("preset", ["vae", "vq-vae"])
@pytest.mark.parametrize("side", [8, 13])
def test_fast_convolutional_decoders_agree(
    workspace: Workspace, make_blobs: Callable[..., Dataset], preset: str, side: int
) -> None:
    dataset = make_blobs(workspace, n=20, side=side)
    config = config_for(preset, dataset, {"model.network": "conv"})
    model = Autoencoder(config.model, dataset.fields).eval().requires_grad_(False)
    latents = torch.randn(9, model.bottleneck.latent_dim)
    fast = with_fast_decoders(model)
    assert fast is with_fast_decoders(model)
    assert any(isinstance(part, SubPixel) for part in fast.decoders.modules())
    assert not any(isinstance(part, SubPixel) for part in model.decoders.modules())
    with torch.inference_mode():
        torch.testing.assert_close(fast.decode(latents)["image"], model.decode(latents)["image"], atol=0.02, rtol=0)


def test_other_decoders_stay_unchanged(trained) -> None:
    model = trained.runs["vae"].model
    latents = torch.from_numpy(np.float32([[0.5, -1]]))
    assert torch.equal(with_fast_decoders(model).decode(latents)["image"], model.decode(latents)["image"])
