"""Series: conversion, missing values in loss and encoder, curves."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities._curves import BACKGROUND, CHANNEL_COLOURS
from aeexplorer.modalities.series import Series
from aeexplorer.models.config import ModelConfig
from aeexplorer.models.likelihoods.gaussian import GaussianLikelihood

COLUMNS = [
    {"name": "x", "kind": "numeric", "low": -2.0, "high": 2.0},
    {"name": "y", "kind": "numeric", "low": 0.0, "high": 10.0},
    {"name": "same", "kind": "numeric", "low": 4.0, "high": 4.0},
]
SERIES = Series(Field("series", "series", (40, 3), "float32", {"columns": COLUMNS}, Path()))
TIME = torch.linspace(0, 6, 40)
RAW = torch.stack([2 * TIME.sin(), 5 + 5 * TIME.cos(), torch.full((40,), 4.0)], 1)[None].repeat(3, 1, 1)


def test_channels_span_the_unit_range_and_are_restored() -> None:
    x = SERIES.prepare(RAW)
    torch.testing.assert_close(x[0, :, 0], 0.5 + 0.5 * TIME.sin())
    torch.testing.assert_close(x[0, :, 1], 0.5 + 0.5 * TIME.cos())
    assert not x[..., 2].any()
    np.testing.assert_allclose(SERIES.restore(x), RAW.numpy(), atol=1e-5)


def test_missing_values_cost_nothing() -> None:
    holes = RAW.clone()
    holes[0] = torch.nan
    holes[1, 10:, 1] = torch.nan
    likelihood = GaussianLikelihood(1 / math.sqrt(2 * math.pi))
    nats = SERIES.nll(likelihood, SERIES.prepare(RAW) + 1, SERIES.prepare(holes))
    torch.testing.assert_close(nats, math.pi * torch.tensor([0.0, 90.0, 120.0]))


@pytest.mark.parametrize("network", [name for name in SERIES.networks if name != "linear"])
def test_encoders_see_which_values_are_missing(network: str) -> None:
    torch.manual_seed(0)
    encoder = SERIES.network(network, ModelConfig(hidden=16, channels=8), 1).encoder.eval()
    zero = SERIES.prepare(RAW)
    zero[:, 5:15, 1] = 0.0
    missing = zero.masked_fill(torch.zeros_like(zero, dtype=torch.bool).index_fill(1, torch.arange(5, 15), True), torch.nan)
    assert encoder(missing).isfinite().all()
    assert not torch.allclose(encoder(missing), encoder(zero))


def test_curves_follow_the_values() -> None:
    raw = RAW[:1].numpy().copy()
    raw[0, 20:30, 0] = np.nan
    (picture,) = SERIES.pictures(raw)
    assert (picture.shape, picture.dtype) == ((64, 96, 3), np.uint8)
    blue = np.abs(picture - CHANNEL_COLOURS[0]).sum(2) < 3
    rows, columns = np.nonzero(blue)
    top = (1 - (0.5 + 0.5 * np.sin((columns + 0.5) / 96 * 6))) * 56 + 4
    assert np.abs(rows + 0.5 - top).max() < 3
    assert not blue[:, 50:70].any()
    assert blue[:, 2:44].any(0).all()
    assert (picture[:2] == BACKGROUND).all()


def test_peaks_of_long_series_are_drawn() -> None:
    raw = np.zeros((1, 5000, 3), np.float32)
    raw[0, 2501, 0] = 2.0
    assert (np.abs(SERIES.pictures(raw)[0, 4] - CHANNEL_COLOURS[0]).sum(1) < 3).sum() == 1


def test_differences_are_drawn_as_bands_along_time() -> None:
    difference = np.broadcast_to(np.arange(40.0)[:, None] + np.array([0, 100, 200]), (2, 40, 3)).astype(np.float32)
    bands = SERIES.difference_images(difference)
    assert bands.shape == SERIES.pictures(RAW[:2].numpy()).shape[:3]
    assert bands[0, 0, 0] == 0
    assert bands[1, 32, 48] == 120
    assert bands[1, -1, -1] == 239


def test_error_is_the_mean_square_over_the_known_steps() -> None:
    x = SERIES.prepare(RAW)
    x[1, 10:, 1] = torch.nan
    x[2, 1:] = torch.nan
    error = SERIES.error(x.nan_to_num(9.0) + torch.tensor([0.5, 0.25, 0.0]), x)
    expected = [(0.25 + 0.0625) / 3, (40 * 0.25 + 10 * 0.0625) / 90, (0.25 + 0.0625) / 3]
    torch.testing.assert_close(error, torch.tensor(expected))
