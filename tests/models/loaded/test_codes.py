"""Bottlenecks of loaded models."""

import pytest
import torch

from aeexplorer.core.errors import UserError
from aeexplorer.models.loaded._codes import IndexedEntry, LoadedVector, NearestEntry

TABLE = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


def test_vectors_pass_unchanged() -> None:
    h = torch.rand(5, 1, 7)
    bottleneck = LoadedVector(7)
    code = bottleneck(h)
    assert torch.equal(code.latent, h[:, 0])
    assert torch.equal(bottleneck.expand(code.latent), h)
    assert bottleneck.statistics(code)["latent_variance"] == pytest.approx(h[:, 0].var(0, correction=0).tolist())


def test_tokens_become_their_nearest_entries() -> None:
    bottleneck = NearestEntry(2, 3, 2)
    bottleneck.table.copy_(TABLE)
    code = bottleneck(torch.tensor([[[0.9, 0.2], [0.1, 0.8]]]))
    assert code.indices.tolist() == [[1, 2]]
    assert code.latent.tolist() == [[1, 0, 0, 1]]
    assert torch.equal(bottleneck.expand(code.latent + 0.1), code.z)
    assert bottleneck.statistics(code)["usage"] == [0, 1, 1]


def test_indices_stay_indices_and_their_entries_are_the_latent() -> None:
    bottleneck = IndexedEntry(2, 3, 2)
    bottleneck.table.copy_(TABLE)
    code = bottleneck(torch.tensor([[[2.0], [1.0]]]))
    assert code.indices.tolist() == [[2, 1]]
    assert code.latent.tolist() == [[0, 1, 1, 0]]
    assert bottleneck.expand(code.latent - 0.1).tolist() == code.z.tolist() == [[[2], [1]]]
    with pytest.raises(UserError, match="gives codes from 1 to 3, and the table has 3"):
        bottleneck(torch.tensor([[[1.0], [3.0]]]))
