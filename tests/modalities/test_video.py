"""Videos: conversion, token grids and strips of frames."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.video import Video


def video(*shape: int, dtype: str = "uint8") -> Video:
    return Video(Field("video", "video", shape, dtype, {}, Path()))


def test_prepare_and_restore_preserve_bytes() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 4, 8, 8)
    modality = video(1, 4, 8, 8)
    x = modality.prepare(pixels)
    assert (float(x.min()), float(x.max())) == (0.0, 1.0)
    assert np.array_equal(modality.restore(x), pixels.numpy())


@pytest.mark.parametrize(
    ("shape", "tokens", "grid"),
    [
        ((3, 8, 20, 20), 50, (2, 5, 5)),
        ((1, 16, 32, 32), 256, (4, 8, 8)),
        ((1, 2, 64, 64), 256, (1, 16, 16)),
        ((3, 6, 5, 7), 4, (2, 1, 2)),
    ],
)
def test_grids_follow_the_shape_of_the_video(shape: tuple[int, ...], tokens: int, grid: tuple[int, ...]) -> None:
    assert video(*shape).grid(tokens) == grid


@pytest.mark.parametrize(
    ("shape", "tokens"), [((3, 8, 20, 20), 50), ((1, 16, 32, 32), 256), ((3, 64, 128, 128), 256), ((1, 2, 3, 3), 1)]
)
def test_natural_tokens(shape: tuple[int, ...], tokens: int) -> None:
    assert video(*shape).natural_tokens() == tokens


@pytest.mark.parametrize("tokens", [1, 2, 7, 12, 50, 60])
def test_any_number_of_tokens_has_a_grid(tokens: int) -> None:
    grid = video(3, 8, 20, 20)._token_grid(tokens)
    assert math.prod(grid) == tokens


@pytest.mark.parametrize(
    ("frames", "shown", "rows"),
    [(2, [0, 1], 1), (5, [0, 1, 3, 4], 1), (8, list(range(8)), 2), (16, [0, 2, 4, 6, 9, 11, 13, 15], 2)],
)
def test_strips_show_frames_in_reading_order(frames: int, shown: list[int], rows: int) -> None:
    raw = np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None], (2, 1, frames, 3, 5))
    modality = video(1, frames, 3, 5)
    strip = modality.pictures(raw)
    columns = len(shown) // rows
    assert strip.shape == (2, rows * 4 - 1, columns * 6 - 1, 3)
    assert strip[1, 1::4, 2::6, 0].ravel().tolist() == shown
    differences = modality.difference_images(raw.astype(np.float32))
    assert differences.shape == strip.shape[:3]
    assert differences[0, 1::4, 2::6].ravel().tolist() == shown
    assert np.isnan(differences[:, 3::4]).all()


def test_codes_are_arranged_like_the_frames_of_the_strip() -> None:
    codes = np.arange(24).reshape(2, 3, 4)
    arranged = video(3, 8, 12, 16).arrange_codes(codes)
    assert arranged.shape == (6, 16)
    early, late = arranged[:3, :4], arranged[3:, 12:]
    assert np.array_equal(early, codes[0])
    assert np.array_equal(late, codes[1])
    assert np.array_equal(arranged[:3, 8:12], codes[0])
    assert np.array_equal(arranged[3:, :4], codes[1])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_strips_show_the_first_channels(channels: int) -> None:
    raw = np.arange(2 * channels * 24, dtype=np.uint8).reshape(2, channels, 2, 3, 4)
    colours = video(channels, 2, 3, 4).frames(raw)
    assert (colours.shape, colours.dtype) == ((2, 2, 3, 4, 3), np.uint8)
    for colour, channel in enumerate((0, 0, 0) if channels < 3 else (0, 1, 2)):
        assert np.array_equal(colours[..., colour], raw[:, channel])
