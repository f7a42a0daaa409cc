"""A table of entries that learns where the tokens lie; the bottlenecks with codebooks are built of it."""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.amp.autocast_mode import is_autocast_available
from torch.nn import functional

LLOYD_STEPS = 10
FORGOTTEN = 1e-3
"""Average hits below which the average of an entry's tokens is one of nothing: the entry stays where it was."""


class Codebook(nn.Module):
    """K entries; each point becomes the nearest one. All of it is float32.

    Parameters
    ----------
    size, dim
        K and the length of an entry.
    update
        ``ema``: in training entries follow the moving average of their points (van den Oord et al. 2017, appendix A.1).
        ``loss``: entries are a parameter, and it takes a loss to move them.
    start
        ``kmeans``: the first batch places the entries. ``random``: they stay as drawn from N(0, I).
    decay
        Of the moving averages.
    restart
        In training an entry hit less often than this share of an equal part of the batch is put onto a point of the
        batch (Dhariwal et al. 2020, arXiv:2005.00341); 0 never does.
    cosine
        Whether entries have unit length; points should, too.
    """

    entries: Tensor
    hits: Tensor
    sums: Tensor
    ready: Tensor

    def __init__(
        self,
        size: int,
        dim: int,
        *,
        update: Literal["ema", "loss"] = "ema",
        start: Literal["kmeans", "random"] = "kmeans",
        decay: float = 0.98,
        restart: float = 0.5,
        cosine: bool = False,
    ) -> None:
        super().__init__()
        self.follows = update == "ema"
        self.decay, self.restart, self.cosine = decay, restart, cosine
        entries = self._shaped(torch.randn(size, dim))
        if self.follows:
            self.register_buffer("entries", entries)
            self.register_buffer("sums", entries.clone())
        else:
            self.entries = nn.Parameter(entries)
        self.register_buffer("hits", torch.ones(size))
        self.register_buffer("ready", torch.tensor(start == "random"))
        self._started = start == "random"
        """What `ready` says, known without asking the device."""
        self.register_load_state_dict_post_hook(_see_whether_started)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Points ``(N, dim)`` → the number and the value of the entry nearest to each, ``(N,)`` and ``(N, dim)``."""
        seen = points.detach()
        if self.training:
            if not self._started:
                self._start(seen)
            if self.restart > 0:
                self._restart(seen)
        table = self.table
        indices = nearest(seen, table.detach())
        values = table[indices]
        if self.training:
            self._follow(seen, indices)
        return indices, values

    @property
    def table(self) -> Tensor:
        """The entries as they are compared and passed on, ``(K, dim)``."""
        return self.entries if self.follows else self._shaped(self.entries)

    def _shaped(self, entries: Tensor) -> Tensor:
        return functional.normalize(entries, dim=1) if self.cosine else entries

    @torch.no_grad()
    def _start(self, seen: Tensor) -> None:
        """k-means over the points of the first batch."""
        size, count = len(self.entries), len(seen)
        drawn = torch.randint(count, (size,)) if count < size else torch.randperm(count)[:size]
        centres = seen[drawn.to(seen.device)]
        for _ in range(LLOYD_STEPS):
            sums, counts = _totals(seen, nearest(seen, centres), size)
            centres = self._shaped(torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres))
        _, counts = _totals(seen, nearest(seen, centres), size)
        self.entries.copy_(centres)
        self.hits.copy_(counts.clamp_min(1.0))
        if self.follows:
            self.sums.copy_(centres * self.hits[:, None])
        self.ready.fill_(True)
        self._started = True

    @torch.no_grad()
    def _restart(self, seen: Tensor) -> None:
        size = len(self.entries)
        fair = len(seen) / size
        dead = self.hits < self.restart * fair
        fresh = seen[torch.randint(len(seen), (size,), device=seen.device)]
        self.entries.copy_(torch.where(dead[:, None], fresh, self.entries))
        self.hits.masked_fill_(dead, fair)
        if self.follows:
            self.sums.copy_(torch.where(dead[:, None], fresh * fair, self.sums))

    @torch.no_grad()
    def _follow(self, seen: Tensor, indices: Tensor) -> None:
        sums, counts = _totals(seen, indices, len(self.entries))
        self.hits.lerp_(counts, 1 - self.decay)
        if not self.follows:
            return
        self.sums.lerp_(sums, 1 - self.decay)
        means = self._shaped(self.sums / self.hits.clamp_min(FORGOTTEN)[:, None])
        self.entries.copy_(torch.where(self.hits[:, None] > FORGOTTEN, means, self.entries))


def _see_whether_started(book: Any, _: Any) -> None:
    book._started = bool(book.ready)


def nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Index of the nearest centre by Euclidean distance, in float32: ``(N, d), (K, d) → (N,)``."""
    device = points.device.type
    if is_autocast_available(device) and torch.is_autocast_enabled(device):
        with torch.autocast(device, enabled=False):
            return nearest(points.float(), centres.float())
    distances = torch.addmm(centres.square().sum(1), points, centres.T, alpha=-2)
    return distances.min(1).indices  # on processors twice as fast as argmin


def pass_through(tokens: Tensor, entries: Tensor, rotation: bool) -> Tensor:
    """The values of `entries` with a gradient for `tokens`, both ``(..., d)``.

    Straight through, the gradient is handed on as it is (Bengio et al. 2013, arXiv:1308.3432). With the rotation trick
    it turns and stretches as the token does on its way to the entry (Fifty et al. 2024, arXiv:2410.06424): the value is
    λ·R·token, where R = I − 2rrᵀ + 2q̂êᵀ is the rotation from the token's direction ê to the entry's q̂,
    r = (ê + q̂)/‖ê + q̂‖ and λ the ratio of their lengths, none of which has a gradient.
    """
    if not rotation:
        return tokens + (entries - tokens).detach()
    e, q = tokens.detach(), entries.detach()
    unit_e, unit_q = functional.normalize(e, dim=-1), functional.normalize(q, dim=-1)
    r = functional.normalize(unit_e + unit_q, dim=-1)
    along_r, along_e = (tokens * r).sum(-1, keepdim=True), (tokens * unit_e).sum(-1, keepdim=True)
    stretch = q.norm(dim=-1, keepdim=True) / e.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return stretch * (tokens - 2 * along_r * r + 2 * along_e * unit_q)


def _totals(points: Tensor, indices: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Sum of the points and their number at each index: ``(K, d)`` and ``(K,)``."""
    sums = points.new_zeros(size, points.shape[1]).index_add_(0, indices, points)
    return sums, points.new_zeros(size).index_add_(0, indices, points.new_ones(len(points)))
