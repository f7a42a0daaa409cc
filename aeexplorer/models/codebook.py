"""A codebook: a table of entries that learns where the tokens lie. Bottlenecks with codebooks are built from it."""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.amp.autocast_mode import is_autocast_available
from torch.nn import functional

KMEANS_STEPS = 10
MIN_HITS = 1e-3
"""Average hits below which the mean of an entry's tokens is undefined, so that the entry stays where it is."""


class Codebook(nn.Module):
    """A table of K entries that replaces each point with the nearest entry. All computation is in float32.

    Parameters
    ----------
    size
        Number of entries K.
    dim
        Length of an entry.
    update
        ``ema``: in training, each entry follows the moving average of its points (van den Oord et al. 2017,
        arXiv:1711.00937, appendix A.1). ``loss``: entries are a parameter, moved by the gradient of a loss.
    start
        ``kmeans``: entries start at the clusters of the first batch. ``random``: they start as drawn from N(0, I).
    decay
        Decay of the moving averages, per batch.
    restart
        In training, an entry that is hit less often than this share of N / K points per batch is moved to a random point
        of the batch (Dhariwal et al. 2020, arXiv:2005.00341). With 0, no entry is restarted.
    cosine
        Whether entries have unit length. The points should have unit length, too.
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
        self.uses_averages = update == "ema"
        self.decay, self.restart, self.cosine = decay, restart, cosine
        entries = self._normalise(torch.randn(size, dim))
        if self.uses_averages:
            self.register_buffer("entries", entries)
            self.register_buffer("sums", entries.clone())
        else:
            self.entries = nn.Parameter(entries)
        self.register_buffer("hits", torch.ones(size))
        self.register_buffer("ready", torch.tensor(start == "random"))
        self._is_ready = start == "random"
        """Copy of `ready` on the CPU, which can be read without waiting for the device."""
        self.register_load_state_dict_post_hook(_update_is_ready)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Find the nearest entry of each point, and update the codebook in training.

        Parameters
        ----------
        points
            ``(N, dim)``.

        Returns
        -------
        tuple of Tensor
            Indices of the nearest entries, ``(N,)``, and the entries themselves, ``(N, dim)``.
        """
        detached = points.detach()
        if self.training:
            if not self._is_ready:
                self._start_at_clusters(detached)
            if self.restart > 0:
                self._restart_unused(detached)
        table = self.table
        indices = nearest(detached, table.detach())
        values = table[indices]
        if self.training:
            self._update_averages(detached, indices)
        return indices, values

    @property
    def table(self) -> Tensor:
        """Entries as they are compared and passed on, ``(K, dim)``."""
        return self.entries if self.uses_averages else self._normalise(self.entries)

    def _normalise(self, entries: Tensor) -> Tensor:
        return functional.normalize(entries, dim=1) if self.cosine else entries

    @torch.no_grad()
    def _start_at_clusters(self, points: Tensor) -> None:
        """Place the entries by k-means over the points of the first batch."""
        size, count = len(self.entries), len(points)
        # draw starting points, with replacement if there are too few
        drawn = torch.randint(count, (size,)) if count < size else torch.randperm(count)[:size]
        centres = points[drawn.to(points.device)]
        # Lloyd's algorithm
        for _ in range(KMEANS_STEPS):
            sums, counts = _sums_per_entry(points, nearest(points, centres), size)
            centres = self._normalise(torch.where(counts[:, None] > 0, sums / counts.clamp_min(1)[:, None], centres))
        # set entries and statistics
        _, counts = _sums_per_entry(points, nearest(points, centres), size)
        self.entries.copy_(centres)
        self.hits.copy_(counts.clamp_min(1.0))
        if self.uses_averages:
            self.sums.copy_(centres * self.hits[:, None])
        self.ready.fill_(True)
        self._is_ready = True

    @torch.no_grad()
    def _restart_unused(self, points: Tensor) -> None:
        """Move entries that are rarely hit to random points of the batch."""
        size = len(self.entries)
        fair_share = len(points) / size
        unused = self.hits < self.restart * fair_share
        replacements = points[torch.randint(len(points), (size,), device=points.device)]
        self.entries.copy_(torch.where(unused[:, None], replacements, self.entries))
        self.hits.masked_fill_(unused, fair_share)
        if self.uses_averages:
            self.sums.copy_(torch.where(unused[:, None], replacements * fair_share, self.sums))

    @torch.no_grad()
    def _update_averages(self, points: Tensor, indices: Tensor) -> None:
        """Update the moving averages of hits and points, and move the entries to the mean of their points."""
        sums, counts = _sums_per_entry(points, indices, len(self.entries))
        self.hits.lerp_(counts, 1 - self.decay)
        if not self.uses_averages:
            return
        self.sums.lerp_(sums, 1 - self.decay)
        means = self._normalise(self.sums / self.hits.clamp_min(MIN_HITS)[:, None])
        self.entries.copy_(torch.where(self.hits[:, None] > MIN_HITS, means, self.entries))


def _update_is_ready(book: Any, _: Any) -> None:
    book._is_ready = bool(book.ready)


def nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Find the nearest centre of each point by Euclidean distance, in float32: ``(N, d), (K, d) → (N,)`` indices."""
    device = points.device.type
    if is_autocast_available(device) and torch.is_autocast_enabled(device):
        with torch.autocast(device, enabled=False):
            return nearest(points.float(), centres.float())
    # ‖p − c‖² without ‖p‖², which is the same for all centres
    distances = torch.addmm(centres.square().sum(1), points, centres.T, alpha=-2)  # (N, K)
    return distances.min(1).indices  # twice as fast as argmin on CPUs


def pass_through(tokens: Tensor, entries: Tensor, rotation: bool) -> Tensor:
    """Return the values of `entries` with a gradient for `tokens`.

    Straight through, the gradient of the entry is copied to the token (Bengio et al. 2013, arXiv:1308.3432).

    With the rotation trick, the gradient is rotated and scaled like the token on its way to the entry (Fifty et al. 2024,
    arXiv:2410.06424). The value is λ·R·token, where R = I − 2rrᵀ + 2q̂êᵀ is the rotation from the token's direction ê to
    the entry's direction q̂, r = (ê + q̂)/‖ê + q̂‖, and λ is the ratio of their lengths. No gradient flows through λ and R.

    Parameters
    ----------
    tokens, entries
        ``(..., d)`` each.
    rotation
        Whether to use the rotation trick.
    """
    if not rotation:
        return tokens + (entries - tokens).detach()
    e, q = tokens.detach(), entries.detach()
    unit_e, unit_q = functional.normalize(e, dim=-1), functional.normalize(q, dim=-1)
    r = functional.normalize(unit_e + unit_q, dim=-1)
    along_r, along_e = (tokens * r).sum(-1, keepdim=True), (tokens * unit_e).sum(-1, keepdim=True)
    scale = q.norm(dim=-1, keepdim=True) / e.norm(dim=-1, keepdim=True).clamp_min(1e-12)  # λ
    return scale * (tokens - 2 * along_r * r + 2 * along_e * unit_q)


def _sums_per_entry(points: Tensor, indices: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Sum and count the points of each entry: ``(K, d)`` and ``(K,)``."""
    sums = points.new_zeros(size, points.shape[1]).index_add_(0, indices, points)
    return sums, points.new_zeros(size).index_add_(0, indices, points.new_ones(len(points)))
