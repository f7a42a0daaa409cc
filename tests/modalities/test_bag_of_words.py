"""Bags of words: conversion and display."""

from pathlib import Path

import numpy as np
import torch

from aeexplorer.data.dataset import Field
from aeexplorer.modalities.bag_of_words import BagOfWords

BAG = BagOfWords(Field("text", "bag_of_words", (4,), "float32", {"tokens": ["ant", "bee", "cat", "dog"]}, Path()))
WEIGHTS = np.array([0.2, 0.0, 0.9, 0.01], np.float32)


def test_prepare_and_restore_preserve_weights() -> None:
    assert np.array_equal(BAG.restore(BAG.prepare(torch.from_numpy(WEIGHTS[None]))), WEIGHTS[None])
    assert BAG.restore(torch.tensor([[-1.0, 2.0, 0.5, 0.0]])).tolist() == [[0.0, 1.0, 0.5, 0.0]]


def test_strongest_words_come_first_and_weak_ones_are_left_out() -> None:
    assert BAG.rows(WEIGHTS) == [("words", "cat, ant")]
