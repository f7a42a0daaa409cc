"""Latents that a discriminator cannot tell from draws of the prior (adversarial AE, Makhzani et al. 2015, arXiv:1511.05644)."""

from typing import Annotated, Literal, cast

from pydantic import Field as Bounds
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck, prior_draws


class AdversarialBottleneck(VectorBottleneck):
    """latent = W·h + b, and a discriminator D, the logit that a point comes from the prior.

    D minimises softplus(−D(prior)) + softplus(D(sg(latent))); the encoder minimises λ·softplus(−D(latent)) with D held
    still. Neither sees the other's loss, so that one optimiser serves both.
    """

    def __init__(self, width: int, tokens: int, settings: "Adversarial") -> None:
        super().__init__(width, tokens, settings.latent_dim)
        self.settings = settings
        hidden = settings.discriminator
        self.discriminator = nn.Sequential(
            nn.Linear(settings.latent_dim, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
            nn.Flatten(0),
        )

    def forward(self, h: Tensor, progress: float = 1.0) -> Code:
        latent = self.to_latent(h.flatten(1))
        prior = prior_draws(latent, fresh=self.training)
        held = {name: weight.detach() for name, weight in self.discriminator.named_parameters()}
        seen = cast(Tensor, functional_call(self.discriminator, held, latent))
        return Code(
            z=self.expand(latent),
            latent=latent,
            losses={
                "adversarial": functional.softplus(-seen),
                "discriminator": functional.softplus(-self.discriminator(prior))
                + functional.softplus(self.discriminator(latent.detach())),
            },
            weights={"adversarial": self.settings.weight},
        )

    def embed(self, h: Tensor) -> Tensor:
        return self.to_latent(h.flatten(1))


class Adversarial(BottleneckSettings):
    """A plain vector, but a second network learns to tell the vectors from the prior, and the encoder to fool it."""

    name = "adversarial"
    title = "Prior by a discriminator (AAE)"
    kind: Literal["adversarial"] = "adversarial"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    weight: Annotated[float, Bounds(ge=0, le=1000)] = 0.5
    """Weight λ of the encoder's wish to fool the discriminator."""
    discriminator: Annotated[int, Bounds(ge=4, le=4096)] = 128
    """Width of the discriminator's two hidden layers, in units."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return AdversarialBottleneck(width, tokens, self)
