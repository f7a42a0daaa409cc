"""Codes that hold still: the latent should change little when the input does (contractive AE, Rifai et al. 2011, ICML)."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck

EXACT_UP_TO = 32
"""Latent dimensions up to which the penalty is exact, by one backward pass for each, all at once."""


class ContractiveBottleneck(VectorBottleneck):
    """latent = W·h + b, decoded by atoms of unit length; the loss is λ‖J‖²_F, with J = ∂latent/∂input.

    Of a long code the penalty is estimated, without bias, from one random vector v of signs per sample, as ‖vᵀJ‖²
    (Hutchinson 1989). Later layers of a deep decoder can still make up for a code that shrinks as a whole; the
    published tied weights of one layer could not.
    """

    def __init__(self, width: int, tokens: int, settings: "Contractive") -> None:
        super().__init__(width, tokens, settings.latent_dim, unit_atoms=True)
        self.settings = settings

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))
        return Code(z=self.expand(latent), latent=latent, weights={"contraction": self.settings.weight})

    def penalties(self, encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        measure = jacobian_norm if self.latent_dim <= EXACT_UP_TO else jacobian_norm_estimate
        return {"contraction": measure(encode, x)}


def jacobian_norm(encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Tensor:
    """‖∂latent/∂x‖²_F of each sample, ``(B,)``, with its gradient; samples must not affect each other."""
    inputs = {name: batch.detach().requires_grad_() for name, batch in x.items()}
    latent = encode(inputs)
    axes = torch.eye(latent.shape[1], device=latent.device)[:, None].expand(-1, len(latent), -1)
    rows = torch.autograd.grad(latent, list(inputs.values()), axes, create_graph=True, is_grads_batched=True)
    return torch.stack([part.square().sum(0).flatten(1).sum(1) for part in rows]).sum(0)  # each part (d, B, *shape)


def jacobian_norm_estimate(encode: Callable[[Mapping[str, Tensor]], Tensor], x: Mapping[str, Tensor]) -> Tensor:
    """An unbiased estimate of `jacobian_norm` from one backward pass."""
    inputs = {name: batch.detach().requires_grad_() for name, batch in x.items()}
    latent = encode(inputs)
    signs = torch.randint(0, 2, latent.shape, device=latent.device).to(latent) * 2 - 1
    row = torch.autograd.grad((latent * signs).sum(), list(inputs.values()), create_graph=True)
    return torch.stack([part.square().flatten(1).sum(1) for part in row]).sum(0)


class Contractive(BottleneckSettings):
    """A vector that ignores small changes of the input, except those along which the data lie."""

    name = "contractive"
    title = "Contractive"
    kind: Literal["contractive"] = "contractive"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code; up to 32 the penalty is exact, beyond it is estimated."""
    weight: Annotated[float, Bounds(ge=0, le=1000)] = 0.1
    """Weight λ of the squared norm of the latent's derivative by the input."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return ContractiveBottleneck(width, tokens, self)
