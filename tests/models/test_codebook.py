"""The codebook by itself: its averages, restarts and start, by hand."""

import torch

from aeexplorer.models.codebook import Codebook


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
