"""How much of the texts comes back, against figures worked out by hand."""

import math

import numpy as np
import torch

from aeexplorer.analysis.runs.quality.texts import _Counts, unigram


def test_the_unigram_counts_with_one_added_and_no_padding() -> None:
    log_p = unigram(np.array([[3, 3, 1, 0], [4, 1, 0, 0]], np.uint16), 5)
    assert log_p[0] == -math.inf
    np.testing.assert_allclose(np.exp(log_p[1:]), np.array([3, 1, 3, 2]) / 9)


def test_tokens_and_whole_texts_are_counted_up_to_their_end() -> None:
    truth = torch.tensor([[3, 1, 0], [4, 3, 1]])
    back = torch.nn.functional.one_hot(torch.tensor([[3, 1, 4], [4, 4, 1]]), 5).float()
    counts = _Counts()
    counts.add(back, truth)
    assert (counts.tokens, counts.texts) == (4, 1)
