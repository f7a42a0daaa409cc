"""Latents that a discriminator cannot tell from draws of the prior (adversarial AE, Makhzani et al. 2015, arXiv:1511.05644)."""

from typing import Annotated, Literal, cast

from pydantic import Field as Bounds
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from aeexplorer.models.bottlenecks.base import Bottleneck, BottleneckSettings, Code, VectorBottleneck, sample_prior


class AdversarialBottleneck(VectorBottleneck):
    """A plain vector, latent = W·h + b, and a discriminator D, which returns the logit that a point comes from the prior.

    Losses, in nats per sample (sg stops the gradient):

    - ``adversarial``: λ · softplus(−D(latent)), minimised by the encoder with the weights of D fixed.
    - ``discriminator``: softplus(−D(prior)) + softplus(D(sg(latent))), minimised by D alone.

    No loss reaches the other side, so one optimiser can train both.
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
        latent = self.to_latent(h.flatten(1))  # (B, T·width) → (B, d)
        prior = sample_prior(latent, fresh=self.training)  # (B, d)
        # encoder: fool the discriminator, whose weights are fixed
        fixed = {name: weight.detach() for name, weight in self.discriminator.named_parameters()}
        logits = cast(Tensor, functional_call(self.discriminator, fixed, latent))  # (B,)
        # discriminator: tell latents from draws of the prior
        real, fake = self.discriminator(prior), self.discriminator(latent.detach())  # (B,) each
        return Code(
            z=self.expand(latent),
            latent=latent,
            losses={
                "adversarial": functional.softplus(-logits),
                "discriminator": functional.softplus(-real) + functional.softplus(fake),
            },
            weights={"adversarial": self.settings.weight},
        )

    def embed(self, h: Tensor) -> Tensor:
        return self.to_latent(h.flatten(1))


class Adversarial(BottleneckSettings):
    """A plain vector. A second network learns to tell codes from draws of the prior, and the encoder learns to fool it."""

    name = "adversarial"
    title = "Prior by a discriminator (AAE)"
    kind: Literal["adversarial"] = "adversarial"
    latent_dim: Annotated[int, Bounds(ge=1, le=1024)] = 16
    """Length of the code."""
    weight: Annotated[float, Bounds(ge=0, le=1000)] = 0.5
    """Weight λ of the encoder's loss for failing to fool the discriminator."""
    discriminator: Annotated[int, Bounds(ge=4, le=4096)] = 128
    """Width of the two hidden layers of the discriminator, in units."""

    def build(self, width: int, tokens: int) -> Bottleneck:
        return AdversarialBottleneck(width, tokens, self)
