"""Images: conversion, token grids and pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.data.dataset import Field
from aeexplorer.modalities.image import Image
from aeexplorer.models.config import ModelConfig


def image(*shape: int, dtype: str = "uint8") -> Image:
    return Image(Field("image", "image", shape, dtype, {}, Path()))


def test_prepare_and_restore_preserve_bytes() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    modality = image(1, 16, 16)
    x = modality.prepare(pixels)
    assert (float(x.min()), float(x.max())) == (0.0, 1.0)
    assert np.array_equal(modality.restore(x), pixels.numpy())


@pytest.mark.parametrize(
    ("shape", "tokens", "grid"),
    [
        ((1, 28, 28), 49, (7, 7)),
        ((1, 8, 8), 16, (4, 4)),
        ((3, 64, 64), 256, (16, 16)),
        ((1, 8, 32), 16, (2, 8)),
        ((1, 3, 3), 9, (3, 3)),
    ],
)
def test_grids_follow_the_shape_of_the_picture(shape: tuple[int, int, int], tokens: int, grid: tuple[int, int]) -> None:
    assert image(*shape).grid(tokens) == grid


@pytest.mark.parametrize(("shape", "tokens"), [((1, 28, 28), 49), ((1, 8, 8), 16), ((3, 32, 32), 64), ((3, 256, 256), 256)])
def test_natural_tokens(shape: tuple[int, int, int], tokens: int) -> None:
    assert image(*shape).natural_tokens() == tokens


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6])
def test_pictures_show_the_first_channels(channels: int) -> None:
    raw = np.arange(2 * channels * 35, dtype=np.uint8).reshape(2, channels, 5, 7)
    pictures = image(channels, 5, 7).pictures(raw)
    assert (pictures.shape, pictures.dtype) == ((2, 5, 7, 3), np.uint8)
    for colour, channel in enumerate((0, 0, 0) if channels < 3 else (0, 1, 2)):
        assert np.array_equal(pictures[..., colour], raw[:, channel])


def test_unknown_networks_are_refused() -> None:
    with pytest.raises(
        UserError, match=r"'spiral' does not fit image data.*conv, dense, linear, recurrent, dilated, transformer"
    ):
        image(1, 8, 8).network("spiral", ModelConfig(), 1)
