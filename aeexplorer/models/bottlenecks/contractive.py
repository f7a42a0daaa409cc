"""Latents that change little when the input changes a little (contractive AE, Rifai et al. 2011, ICML)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck

MAX_EXACT_DIMS = 32
"""Most latent dimensions for which the penalty is exact. It takes one backward pass per dimension, all in one batch."""


class ContractiveBottleneck(VectorBottleneck):
    """A plain vector, latent = W·h + b, with the penalty λ·‖J‖²_F in nats per sample, where J = ∂latent/∂input.

    For long codes, the penalty is estimated without bias as ‖vᵀJ‖², with one random vector v of signs ±1 per sample
    (Hutchinson 1989).

    Decoder atoms have unit length, so that scaling the latent down does not lower the penalty for free. The original used
    the tied weights of one layer for this. With a deep decoder, later layers can still make up for a small latent.
    """

    def __init__(self, width: int, tokens: int, settings: "Contractive") -> None:
        super().__init__(width, tokens, settings.latent_dim, unit_atoms=True)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))  # (B, T·width) → (B, d)
        return Code(z=self.expand(latent), latent=latent, weights={"contraction": self.settings.weight})

    def penalties(self, encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        measure = jacobian_norm if self.latent_dim <= MAX_EXACT_DIMS else jacobian_norm_estimate
        return {"contraction": measure(encode, x)}


def jacobian_norm(encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Tensor:
    """Compute ‖∂latent/∂x‖²_F of each sample, ``(B,)``, with gradient. Samples must not affect each other's latents.

    Parameters
    ----------
    encode
        Function from x-space by field to latents ``(B, d)``.
    x
        Samples in x-space by field, ``(B, *shape)``.
    """
    inputs = {name: batch.detach().requires_grad_() for name, batch in x.items()}
    latent = encode(inputs)  # (B, d)
    axes = torch.eye(latent.shape[1], device=latent.device)[:, None].expand(-1, len(latent), -1)  # (d, B, d)
    rows = torch.autograd.grad(latent, list(inputs.values()), axes, create_graph=True, is_grads_batched=True)
    return torch.stack([row.square().sum(0).flatten(1).sum(1) for row in rows]).sum(0)  # each row (d, B, *shape)


def jacobian_norm_estimate(encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Tensor:
    """Estimate `jacobian_norm` without bias from one backward pass, ``(B,)``."""
    inputs = {name: batch.detach().requires_grad_() for name, batch in x.items()}
    latent = encode(inputs)  # (B, d)
    signs = torch.randint(0, 2, latent.shape, device=latent.device).to(latent) * 2 - 1  # (B, d)
    products = torch.autograd.grad((latent * signs).sum(), list(inputs.values()), create_graph=True)  # vᵀJ of each field
    return torch.stack([product.square().flatten(1).sum(1) for product in products]).sum(0)


class Contractive(BottleneckSettings):
    """A vector that ignores small changes of the input, except those along which the data vary."""

    name = "contractive"
    title = "Contractive"
    kind: Literal["contractive"] = "contractive"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code. Up to 32, the penalty is exact; for longer codes, it is estimated."""
    weight: Annotated[float, Bounds(ge=0, le=1000)] = 0.1
    """Weight λ of the penalty: the squared norm of the derivative of the code with respect to the input."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return ContractiveBottleneck(width, tokens, self)
