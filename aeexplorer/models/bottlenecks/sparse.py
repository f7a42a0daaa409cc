"""Sparse codes: many units, few of them active for each sample."""

from collections.abc import Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.core.settings import When
from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck

ANNEALING_SHARE = 0.5
"""Share of the training over which top_k reduces the number of active units from all to k."""
SILENT_LIMIT = 1e-3
"""Largest activity at which a unit counts as silent."""


class SparseBottleneck(VectorBottleneck):
    """A sparse vector, latent = f(W·h + b), decoded by atoms of unit length.

    The penalty selects f and the loss, in nats per sample:

    - ``l1``: f is a ReLU and the loss is λ·Σⱼ|latentⱼ| (Olshausen & Field 1996, Nature 381:607).
    - ``kl``: f is a sigmoid and the loss is λ·Σⱼ KL(ρ ‖ ρ̂ⱼ), where ρ̂ⱼ is the mean activity of unit j over the batch
      (Ng 2011, CS294A lecture notes).
    - ``top_k``: f keeps the k largest numbers and sets all others to zero; there is no loss (Makhzani & Frey 2013,
      arXiv:1312.5663). Training starts with all units and reduces them to k by its middle, so that few units die early.
    """

    def __init__(self, width: int, tokens: int, settings: "Sparse") -> None:
        super().__init__(width, tokens, settings.units, unit_atoms=True)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        linear = self.to_latent(h.flatten(1))  # (B, T·width) → (B, d)
        losses: dict[str, Tensor] = {}
        if self.settings.penalty == "top_k":
            latent = keep_largest(linear, self._active_units(progress))
        elif self.settings.penalty == "l1":
            latent = linear.relu()
            losses["sparsity"] = latent.sum(1)
        else:
            latent = linear.sigmoid()
            losses["sparsity"] = kl_to_activity(self.settings.target, latent.mean(0)).sum().expand(h.shape[0])
        return Code(z=self.expand(latent), latent=latent, losses=losses, weights={"sparsity": self.settings.weight})

    def _active_units(self, progress: float) -> int:
        """Return the number of units that top_k keeps at this share of the training."""
        units, active = self.settings.units, self.settings.active
        share = min(1.0, progress / ANNEALING_SHARE) if self.training else 1.0
        return max(active, round(units + share * (active - units)))

    def statistics(self, code: Code) -> Mapping[str, float | list[float]]:
        """Compute how active the units are.

        Returns
        -------
        Mapping
            `active_per_sample`, the mean number of active units per sample (a sigmoid unit counts by its activity);
            `silent_units`, the number of units that are never active; and `latent_variance`.
        """
        active = code.latent if self.settings.penalty == "kl" else (code.latent.abs() > SILENT_LIMIT).float()
        return {
            "active_per_sample": float(active.sum(1).mean()),
            "silent_units": float((code.latent.abs().amax(0) <= SILENT_LIMIT).sum()),
            **super().statistics(code),
        }


def keep_largest(values: Tensor, count: int) -> Tensor:
    """Set all but the `count` largest numbers of each row to zero: ``(B, d) → (B, d)``."""
    largest = values.topk(min(count, values.shape[1]), 1)
    return torch.zeros_like(values).scatter(1, largest.indices, largest.values)


def kl_to_activity(target: float, activity: Tensor) -> Tensor:
    """Compute KL(Bernoulli(target) ‖ Bernoulli(activity)) elementwise, in nats."""
    activity = activity.clamp(1e-6, 1 - 1e-6)
    rho = torch.full_like(activity, target)
    return rho * (rho / activity).log() + (1 - rho) * ((1 - rho) / (1 - activity)).log()


class Sparse(BottleneckSettings):
    """More units than needed, few of them active at a time: each unit learns a part of the data."""

    name = "sparse"
    title = "Sparse"
    kind: Literal["sparse"] = "sparse"
    units: Annotated[int, Bounds(ge=1, le=4096)] = 64
    """Length of the code, in units. The code may be longer than the sample."""
    penalty: Literal["l1", "kl", "top_k"] = "l1"
    """What keeps units silent: a cost on the sum of activities (l1), a target for the mean activity (kl), or a limit on the
    number of active units (top_k)."""
    weight: Annotated[float, Bounds(ge=0, le=1000), When({"penalty": ("l1", "kl")})] = 0.1
    """Weight λ of the l1 or kl penalty."""
    target: Annotated[float, Bounds(gt=0, lt=1), When({"penalty": ("kl",)})] = 0.05
    """Mean activity ρ that the kl penalty aims at."""
    active: Annotated[int, Bounds(ge=1, le=4096), When({"penalty": ("top_k",)})] = 8
    """Number of units k that top_k keeps."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return SparseBottleneck(width, tokens, self)
