"""The codebook by itself: its averages, restarts and start, by hand."""

import torch

from aeexplorer.models.codebook import Codebook, pass_through


def test_averages_of_hits_and_sums_decay_as_they_say() -> None:
    book = Codebook(2, 1, start="random", decay=0.75, restart=0.0).train()
    book.load_state_dict(
        book.state_dict()
        | {"entries": torch.tensor([[0.0], [10.0]]), "sums": torch.tensor([[0.0], [20.0]]), "hits": torch.tensor([2.0, 2.0])}
    )
    book(torch.tensor([[1.0], [2.0], [3.0], [9.0]]))
    torch.testing.assert_close(book.hits, torch.tensor([2.25, 1.75]))  # ¾·2 + ¼·3, ¾·2 + ¼·1
    torch.testing.assert_close(book.sums, torch.tensor([[1.5], [17.25]]))  # ¾·0 + ¼·6, ¾·20 + ¼·9
    torch.testing.assert_close(book.table, torch.tensor([[1.5 / 2.25], [17.25 / 1.75]]))


def test_entries_that_are_rarely_hit_move_to_points_and_start_anew() -> None:
    torch.manual_seed(0)
    book = Codebook(4, 1, start="random", decay=0.5, restart=0.5).train()
    entries = torch.tensor([[0.0], [10.0], [20.0], [30.0]])
    hits = torch.tensor([1.1, 2.0, 0.9, 0.0])  # a fair share of eight points is 2, and half of it is 1
    book.load_state_dict(book.state_dict() | {"entries": entries, "sums": entries * hits[:, None], "hits": hits})
    points = torch.tensor([[-1.0], [1.0], [-1.0], [1.0], [9.0], [11.0], [9.0], [11.0]])
    indices, values = book(points)
    restarted = book.hits[2:]
    assert values.abs().max() <= 11  # the entries at 20 and 30 are now among the points
    counts = torch.bincount(indices, minlength=4)
    torch.testing.assert_close(restarted, (2 + counts[2:]) / 2)  # a fair share, then one step of the average
    torch.testing.assert_close(book.hits[:2], (hits[:2] + counts[:2]) / 2)
    for entry in (2, 3):
        moved_to = values[indices == entry][:1].flatten()
        if len(moved_to):
            expected = (2 * moved_to + points[indices == entry].sum()) / (2 + counts[entry])
            torch.testing.assert_close(book.table[entry], expected)


def test_start_by_kmeans_ends_at_the_means_of_the_clusters_and_happens_once() -> None:
    torch.manual_seed(1)
    points = torch.cat([torch.randn(50, 2) + 20, torch.randn(50, 2) - 20])
    book = Codebook(2, 2, start="kmeans", decay=0.999999, restart=0.0).train()
    book(points)
    means = torch.stack([points[:50].mean(0), points[50:].mean(0)])
    torch.testing.assert_close(book.table[book.table[:, 0].argsort(descending=True)], means, rtol=1e-3, atol=1e-3)
    before = book.table.clone()
    book(points + 5)
    torch.testing.assert_close(book.table, before, rtol=0, atol=1e-3)


def test_evaluation_changes_nothing() -> None:
    torch.manual_seed(0)
    book = Codebook(4, 2, start="random").eval()
    before = {name: tensor.clone() for name, tensor in book.state_dict().items()}
    book(torch.randn(50, 2))
    assert all(torch.equal(tensor, before[name]) for name, tensor in book.state_dict().items())


def test_straight_through_copies_the_gradient_to_the_tokens_and_none_to_the_entries() -> None:
    tokens, entries = torch.randn(5, 2, requires_grad=True), torch.randn(5, 2, requires_grad=True)
    toward = torch.randn(5, 2)
    value = pass_through(tokens, entries, rotation=False)
    to_tokens, to_entries = torch.autograd.grad((value * toward).sum(), (tokens, entries), allow_unused=True)
    torch.testing.assert_close(value, entries)
    assert torch.equal(to_tokens, toward)
    assert to_entries is None


def test_a_codebook_that_was_stored_before_its_start_starts_at_clusters() -> None:
    torch.manual_seed(0)
    fresh = Codebook(2, 1, restart=0.0).train()
    state = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    fresh(torch.tensor([[1.0], [2.0]]))
    fresh.load_state_dict(state)
    fresh(torch.tensor([[101.0], [102.0]]))
    assert sorted(fresh.table.flatten().tolist()) == [101.0, 102.0]
