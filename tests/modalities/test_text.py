"""Texts: conversion, loss, and memory of a training step."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.text import Text
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.config import ModelConfig
from aeexplorer.models.likelihoods.gaussian import GaussianLikelihood

TOKENS = ["", "", "\ufffd", " a", " b", "c"]
TEXT = Text(Field("text", "text", (4,), "uint16", {"representation": "characters", "tokens": TOKENS}, Path()))
IDS = torch.tensor([[3, 5, 1, 0], [4, 1, 0, 0], [3, 3, 3, 4]], dtype=torch.uint16)
ANY = GaussianLikelihood(1.0)


def test_tokens_are_one_hot_and_nan_after_the_end() -> None:
    x = TEXT.prepare(IDS)
    assert x.shape == (3, 4, 6)
    assert x[..., 0].isnan().tolist() == [[False] * 3 + [True], [False] * 2 + [True] * 2, [False] * 4]
    assert x[0, 0].tolist() == [0, 0, 0, 1, 0, 0]
    restored = TEXT.restore(x)
    assert restored.dtype == np.uint16
    assert np.array_equal(restored, IDS.numpy())


def test_everything_after_the_first_end_is_padding() -> None:
    x = torch.nn.functional.one_hot(torch.tensor([[4, 1, 3, 1], [1, 3, 4, 5]]), 6).float()
    assert TEXT.restore(x).tolist() == [[4, 1, 0, 0], [1, 0, 0, 0]]


def test_only_known_tokens_count_in_the_loss() -> None:
    x, output = TEXT.prepare(IDS), torch.zeros(3, 4, 6)
    torch.testing.assert_close(TEXT.nll(ANY, output, x), torch.tensor([3.0, 2.0, 4.0]) * math.log(6))
    output[:, :, 3] = math.log(5)  # probability ½ of ' a'
    torch.testing.assert_close(TEXT.nll(ANY, output, x)[2], torch.tensor(3 * math.log(2) + math.log(10)))


def test_mean_is_a_probability() -> None:
    torch.testing.assert_close(TEXT.mean(ANY, torch.randn(2, 4, 6)).sum(2), torch.ones(2, 4))


def test_texts_are_formatted_for_display() -> None:
    assert TEXT.rows(IDS[0].numpy()) == [("text", "ac")]
    assert TEXT.rows(np.array([1, 0, 0, 0], np.uint16)) == [("text", "")]


@pytest.mark.parametrize(
    ("network", "limit"), [("dilated", 150e6), ("transformer", 240e6), ("recurrent", 170e6), ("dense", 70e6)]
)
def test_memory_of_a_training_step_of_long_texts_is_bounded(network: str, limit: float) -> None:
    """Limits in bytes, beside weights and gradients, for 128 texts of 64 tokens from a vocabulary of 512."""
    field = Field("text", "text", (64,), "uint16", {"representation": "characters", "tokens": ["x"] * 512}, Path())
    model = Autoencoder(ModelConfig.model_validate({"network": network, "hidden": 64}), {"text": field}).train()
    ids = torch.randint(3, 512, (128, 64)).to(torch.uint16)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        model(model.prepare({"text": ids})).loss.mean().backward()
    weights = 8 * sum(p.numel() for p in model.parameters())
    assert peak_bytes(profiler) < weights + limit


def peak_bytes(profiler: profile) -> float:
    """Return the largest number of bytes allocated at the same time."""
    events = profiler.profiler.kineto_results.events()
    changes = [(event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]"]
    return max(np.cumsum([size for _, size in sorted(changes)]))
