"""Conversion of samples to sequences, and of sequences to tokens."""

import pytest
import torch

from aeexplorer.modalities.networks.columns import FromColumns, ToColumns
from aeexplorer.modalities.networks.pictures import FromPatches, FromRows, ToPatches, ToRows
from aeexplorer.modalities.networks.sequences import Gather, SequenceShape, Spread


def test_rows_run_from_top_to_bottom_and_are_reversible() -> None:
    x = torch.randn(2, 3, 4, 5)
    rows = ToRows()(x)
    assert torch.equal(rows[:, 1], x[:, :, 1].flatten(1))
    assert torch.equal(FromRows(3)(rows), x)


@pytest.mark.parametrize(
    ("shape", "grid"), [((1, 8, 8), (4, 4)), ((3, 13, 9), (4, 2)), ((2, 5, 5), (4, 4)), ((1, 1, 7), (1, 3)), ((1, 2, 2), (4, 3))]
)
def test_patches_cover_the_picture_exactly_once(shape: tuple[int, int, int], grid: tuple[int, int]) -> None:
    x = torch.randn(2, *shape)
    patches = ToPatches(shape, grid)(x)
    assert patches.shape[1] == grid[0] * grid[1]
    assert torch.equal(FromPatches(shape, grid)(patches), x)


def test_patches_are_squares_of_the_picture_row_by_row() -> None:
    x = torch.arange(64.0).view(1, 1, 8, 8)
    patches = ToPatches((1, 8, 8), (4, 4))(x)
    assert torch.equal(patches[0, 6].view(2, 2), x[0, 0, 2:4, 4:6])


FEATURES_OF_COLUMN = [[2, 3, 4], [0], [1], [5, 6]]


def test_columns_hold_their_features_and_a_missing_flag() -> None:
    x = torch.tensor([[0.1, torch.nan, 1.0, 0.0, 0.0, 0.0, 1.0]])
    expected = [[[1.0, 0, 0, 0], [0.1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]]]
    torch.testing.assert_close(ToColumns(FEATURES_OF_COLUMN)(x), torch.tensor(expected))


def test_columns_return_to_their_features() -> None:
    x = torch.randn(3, 7)
    assert torch.equal(FromColumns(FEATURES_OF_COLUMN)(ToColumns(FEATURES_OF_COLUMN)(x)[:, :, :3]), x)


@pytest.mark.parametrize("length", [1, 3, 8, 100])
@pytest.mark.parametrize("grid", [(1,), (4,), (7,), (16,), (2, 3)])
def test_any_number_of_tokens_for_any_length(length: int, grid: tuple[int, ...]) -> None:
    steps = SequenceShape(length, 5, 5, grid)
    tokens = Gather(steps, 6, 10)(torch.randn(2, length, 6))
    assert tokens.shape == (2, steps.tokens, 10)
    assert Spread(steps, 10, 6)(tokens).shape == (2, length, 6)


@pytest.mark.parametrize(("grid", "covered"), [((4,), [2, 3]), ((4, 3), [0, 1]), ((1,), list(range(8)))])
def test_each_token_represents_the_steps_it_covers(grid: tuple[int, ...], covered: list[int]) -> None:
    steps = SequenceShape(8, 5, 5, grid)
    x = torch.randn(1, 8, 5, requires_grad=True)
    token = min(1, steps.tokens - 1)
    Gather(steps, 5, 6)(x)[0, token].sum().backward()
    assert x.grad is not None
    assert x.grad[0].any(1).nonzero()[:, 0].tolist() == covered
    z = torch.randn(1, steps.tokens, 6, requires_grad=True)
    Spread(steps, 6, 5)(z)[0, covered[0]].sum().backward()
    assert z.grad is not None
    assert z.grad[0, token].any()


def test_steps_of_one_segment_differ_by_their_position() -> None:
    steps = SequenceShape(8, 5, 5, (1,))
    spread = Spread(steps, 6, 5, max_segments=1)(torch.randn(1, 1, 6))[0]
    assert len(spread.unique(dim=0)) == 8
