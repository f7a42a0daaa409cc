"""Sparse codes: many units, few of them active for any one sample."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.core.settings import When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck

COME_DOWN = 0.5
"""Share of the training after which top_k keeps no more than k units."""
SILENT = 1e-3
"""Activities up to this count as none."""


class SparseBottleneck(VectorBottleneck):
    """latent = f(W·h + b), decoded by atoms of unit length.

    - ``l1``: f is a ReLU and the loss λ·Σ|latentⱼ| (Olshausen & Field 1996, Nature 381:607).
    - ``kl``: f is a sigmoid and the loss λ·Σ KL(ρ ‖ ρ̂ⱼ), with ρ̂ⱼ the mean activity of unit j over the batch
      (Ng 2011, CS294A lecture notes).
    - ``top_k``: f keeps the k largest numbers and sets the others to zero; there is no loss (Makhzani & Frey 2013,
      arXiv:1312.5663). So that few units die early, training begins with all of them and comes down to k halfway.
    """

    def __init__(self, width: int, tokens: int, settings: "Sparse") -> None:
        super().__init__(width, tokens, settings.units, unit_atoms=True)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        free = self.to_latent(h.flatten(1))
        losses: dict[str, Tensor] = {}
        if self.settings.penalty == "top_k":
            latent = keep_largest(free, self._allowed(progress))
        elif self.settings.penalty == "l1":
            latent = free.relu()
            losses["sparsity"] = latent.sum(1)
        else:
            latent = free.sigmoid()
            losses["sparsity"] = kl_to_activity(self.settings.target, latent.mean(0)).sum().expand(h.shape[0])
        return Code(z=self.expand(latent), latent=latent, losses=losses, weights={"sparsity": self.settings.weight})

    def _allowed(self, progress: float) -> int:
        """How many units top_k keeps at this share of the training."""
        units, active = self.settings.units, self.settings.active
        share = min(1.0, progress / COME_DOWN) if self.training else 1.0
        return max(active, round(units + share * (active - units)))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """`active_per_sample`: how many units are active in a sample, on average (a sigmoid counts by its
        activity); `silent_units`: how many are never active; and `latent_variance`."""
        active = code.latent if self.settings.penalty == "kl" else (code.latent.abs() > SILENT).float()
        return {
            "active_per_sample": float(active.sum(1).mean()),
            "silent_units": float((code.latent.abs().amax(0) <= SILENT).sum()),
            **super().statistics(code),
        }


def keep_largest(values: Tensor, count: int) -> Tensor:
    """All but the `count` largest numbers of each row set to zero: ``(B, d) → (B, d)``."""
    found = values.topk(min(count, values.shape[1]), 1)
    return torch.zeros_like(values).scatter(1, found.indices, found.values)


def kl_to_activity(target: float, activity: Tensor) -> Tensor:
    """KL between coins that fall with the target's and with the activity's probability, in nats, elementwise."""
    activity = activity.clamp(1e-6, 1 - 1e-6)
    goal = torch.full_like(activity, target)
    return goal * (goal / activity).log() + (1 - goal) * ((1 - goal) / (1 - activity)).log()


class Sparse(BottleneckSettings):
    """More units than needed, few of them active at a time: each learns a part."""

    name = "sparse"
    title = "Sparse"
    kind: Literal["sparse"] = "sparse"
    units: Annotated[int, Bounds(ge=1, le=4096)] = 64
    """Length of the code; it may well be longer than the sample."""
    penalty: Literal["l1", "kl", "top_k"] = "l1"
    """What keeps units silent: a cost of their sum, a target for their mean activity, or a limit to how many may speak."""
    weight: Annotated[float, Bounds(ge=0, le=1000), When({"penalty": ("l1", "kl")})] = 0.1
    """Weight λ of the l1 and kl penalties."""
    target: Annotated[float, Bounds(gt=0, lt=1), When({"penalty": ("kl",)})] = 0.05
    """Mean activity ρ that the kl penalty aims at."""
    active: Annotated[int, Bounds(ge=1, le=4096), When({"penalty": ("top_k",)})] = 8
    """Units k that top_k keeps."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return SparseBottleneck(width, tokens, self)
