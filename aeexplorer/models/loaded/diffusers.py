"""`AutoencoderKL` and `VQModel` of the package diffusers, built from its own layers; needs the extra ``diffusers``."""

import importlib.util
import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor, nn

from aeexplorer.core.errors import UserError
from aeexplorer.modalities.base import Modality, Network
from aeexplorer.models.bottlenecks.base import Bottleneck
from aeexplorer.models.loaded._codes import GivenVector, NearestEntry
from aeexplorer.models.loaded.base import Loaded, LoadedSettings, require_short

BESIDE = frozenset(
    {"sample_size", "scaling_factor", "shift_factor", "latents_mean", "latents_std", "force_upcast", "lookup_from_codebook"}
)
"""What a config.json says that encoder and decoder do not depend on."""
_BATCH = 32
_Channels = Annotated[int, Bounds(ge=1, le=64)]
_Width = Annotated[int, Bounds(ge=1, le=1024)]
_Down = Literal["DownEncoderBlock2D", "AttnDownEncoderBlock2D"]
_Up = Literal["UpDecoderBlock2D", "AttnUpDecoderBlock2D"]


class _Diffusers(LoadedSettings):
    class_name: ClassVar[str]
    """As in config.json."""
    sha256: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]
    """Of the file of weights."""
    in_channels: _Channels = 3
    """Channels of the pictures that it takes."""
    out_channels: _Channels = 3
    """Channels of the pictures that it gives."""
    down_block_types: Annotated[tuple[_Down, ...], Bounds(min_length=1, max_length=6)] = ("DownEncoderBlock2D",)
    """Blocks of the encoder; each but the last halves the picture."""
    up_block_types: Annotated[tuple[_Up, ...], Bounds(min_length=1, max_length=6)] = ("UpDecoderBlock2D",)
    """Blocks of the decoder."""
    block_out_channels: Annotated[tuple[_Width, ...], Bounds(min_length=1, max_length=6)] = (64,)
    """Feature maps after each block."""
    layers_per_block: Annotated[int, Bounds(ge=1, le=8)] = 1
    """Residual layers in a block."""
    act_fn: Literal["silu", "swish", "mish", "gelu", "relu"] = "silu"
    """Non-linearity."""
    norm_num_groups: Annotated[int, Bounds(ge=1, le=256)] = 32
    """Groups of the normalisation."""
    mid_block_add_attention: bool = True
    """Whether the smallest feature maps attend to one another."""

    def build(self, modality: Modality) -> Loaded:
        channels, height, width = modality.field.shape
        halvings = len(self.block_out_channels) - 1
        factor = 2**halvings
        if height % factor or width % factor:
            below = max(height, width) // factor * factor
            raise UserError(
                f"the model halves pictures {halvings} times, and {height}×{width} is not divisible by {factor}",
                f"Add the pictures again in a size that is, such as {below or factor} or {below + factor}",
            )
        if {self.in_channels, self.out_channels} - {channels} and not (
            channels == 1 and self.in_channels == self.out_channels == 3
        ):
            raise UserError(
                f"the model is for pictures of {self.in_channels} channels, and these have {channels}",
                "Choose a dataset of such pictures",
            )
        core = self._core()
        grid = (height // factor, width // factor)
        bottleneck, depth = self.between(math.prod(grid))
        network = Network(
            _Encoder(core.encoder, core.quant_conv, self.in_channels, depth, bottleneck.tokens),
            _Decoder(core.decoder, core.post_quant_conv, channels, (depth, *grid), getattr(self, "norm_type", "") == "spatial"),
            bottleneck.width,
        )
        return Loaded(network, bottleneck, grid if bottleneck.tokens > 1 else (1,))

    def _core(self) -> Any:
        if importlib.util.find_spec("diffusers") is None:
            raise UserError("models of diffusers need that package", "Install it: pip install 'aeexplorer[diffusers]'")
        import diffusers

        try:
            return getattr(diffusers, self.class_name)(**self.model_dump(exclude={"kind", "sha256"}))
        except (ValueError, TypeError, IndexError, RuntimeError) as error:
            raise UserError(
                f"diffusers builds no {self.class_name} of this config.json ({' '.join(str(error).split())[:200]})",
                "Save the model again with save_pretrained",
            ) from None

    @abstractmethod
    def between(self, tokens: int) -> tuple[Bottleneck, int]:
        """The bottleneck for so many places of the feature maps, and the channels that the decoder takes."""


class AutoencoderKL(_Diffusers):
    """The autoencoder of latent diffusion (Rombach et al. 2022, arXiv:2112.10752). Its latent is the posterior's mean."""

    name = "autoencoder_kl"
    title = "diffusers AutoencoderKL"
    class_name = "AutoencoderKL"
    kind: Literal["autoencoder_kl"] = "autoencoder_kl"
    latent_channels: _Channels = 4
    """Channels of the latent."""
    use_quant_conv: bool = True
    """Whether the encoder ends in a convolution of its own."""
    use_post_quant_conv: bool = True
    """Whether the decoder begins with one."""

    def between(self, tokens: int) -> tuple[Bottleneck, int]:
        require_short(tokens * self.latent_channels)
        return GivenVector(tokens * self.latent_channels), self.latent_channels


class VQModel(_Diffusers):
    """A VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937)."""

    name = "vq_model"
    title = "diffusers VQModel"
    class_name = "VQModel"
    kind: Literal["vq_model"] = "vq_model"
    latent_channels: _Channels = 3
    """Channels that the encoder gives."""
    num_vq_embeddings: Annotated[int, Bounds(ge=2, le=65_536)] = 256
    """Entries of the codebook."""
    vq_embed_dim: Annotated[int, Bounds(ge=1, le=512)] | None = None
    """Length of an entry; none is the number of latent channels."""
    norm_type: Literal["group", "spatial"] = "group"
    """Whether the decoder's normalisation also sees the codes."""

    def between(self, tokens: int) -> tuple[Bottleneck, int]:
        length = self.vq_embed_dim or self.latent_channels
        require_short(tokens * length)
        return NearestEntry(tokens, self.num_vq_embeddings, length), length


class _Encoder(nn.Module):
    """Pictures within [0, 1], ``(B, c, h, w)`` → ``(B, 1, depth·rows·columns)``, or a token a place, ``(B, T, depth)``."""

    def __init__(self, encoder: nn.Module, quant_conv: nn.Module | None, channels: int, depth: int, tokens: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.quant_conv = quant_conv
        self.channels, self.depth, self.tokens = channels, depth, tokens

    def forward(self, x: Tensor) -> Tensor:
        found = _by_parts(self._encode, x)
        return found.flatten(1).unsqueeze(1) if self.tokens == 1 else found.flatten(2).transpose(1, 2)

    def _encode(self, x: Tensor) -> Tensor:
        found = self.encoder(2 * x.expand(-1, self.channels, -1, -1) - 1)
        found = found if self.quant_conv is None else self.quant_conv(found)
        return found[:, : self.depth]  # what follows the means are log-variances


class _Decoder(nn.Module):
    """What the encoder gives → pictures within [0, 1], ``(B, channels, h, w)``."""

    def __init__(
        self, decoder: nn.Module, post_quant_conv: nn.Module | None, channels: int, latent: tuple[int, ...], spatial: bool
    ) -> None:
        super().__init__()
        self.decoder = decoder
        self.post_quant_conv = post_quant_conv
        self.channels, self.latent, self.spatial = channels, latent, spatial

    def forward(self, z: Tensor) -> Tensor:
        z = (z if z.shape[1] == 1 else z.transpose(1, 2)).reshape(len(z), *self.latent)
        return _by_parts(self._decode, z)

    def _decode(self, z: Tensor) -> Tensor:
        h = z if self.post_quant_conv is None else self.post_quant_conv(z)
        y = self.decoder(h, z if self.spatial else None)
        return (0.5 * (y if y.shape[1] == self.channels else y.mean(1, keepdim=True)) + 0.5).clamp(0, 1)


def _by_parts(function: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """A function of a batch, applied to a few samples at a time, as its feature maps are large."""
    if torch.compiler.is_exporting():
        raise UserError("layers of diffusers ask how many samples there are", "Take the folder that it was loaded from")
    return torch.cat([function(part) for part in batch.split(_BATCH)])
