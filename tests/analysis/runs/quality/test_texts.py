"""Metrics of texts against values computed by hand."""

import math

import numpy as np
import torch

from aeexplorer.analysis.runs.quality.texts import _Counts, unigram_log_probabilities


def test_unigram_has_add_one_smoothing_and_no_padding() -> None:
    log_p = unigram_log_probabilities(np.array([[3, 3, 1, 0], [4, 1, 0, 0]], np.uint16), 5)
    assert log_p[0] == -math.inf
    np.testing.assert_allclose(np.exp(log_p[1:]), np.array([3, 1, 3, 2]) / 9)


def test_correct_tokens_and_texts_are_counted_without_padding() -> None:
    truth = torch.tensor([[3, 1, 0], [4, 3, 1]])
    reconstruction = torch.nn.functional.one_hot(torch.tensor([[3, 1, 4], [4, 4, 1]]), 5).float()
    counts = _Counts()
    counts.add(reconstruction, truth)
    assert (counts.tokens, counts.texts) == (4, 1)
