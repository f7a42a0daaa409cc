"""`AutoencoderKL` and `VQModel` of the package diffusers, built from its layers. Needs the extra ``diffusers``."""

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
from aeexplorer.models.loaded._codes import LoadedVector, NearestEntry
from aeexplorer.models.loaded.base import LoadedParts, LoadedSettings, check_code_length

IGNORED_KEYS = frozenset(
    {"sample_size", "scaling_factor", "shift_factor", "latents_mean", "latents_std", "force_upcast", "lookup_from_codebook"}
)
"""Keys of a config.json that do not affect the encoder or the decoder."""
_BATCH_SIZE = 32
_Channels = Annotated[int, Bounds(ge=1, le=64)]
_Width = Annotated[int, Bounds(ge=1, le=1024)]
_Down = Literal["DownEncoderBlock2D", "AttnDownEncoderBlock2D"]
_Up = Literal["UpDecoderBlock2D", "AttnUpDecoderBlock2D"]


class _Diffusers(LoadedSettings):
    """Settings that both kinds of models share. Names and values are those of diffusers' config.json."""

    class_name: ClassVar[str]
    """Name of the class, as in config.json."""
    sha256: Annotated[str, Bounds(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the file with the weights."""
    in_channels: _Channels = 3
    """Channels of the pictures that the encoder takes."""
    out_channels: _Channels = 3
    """Channels of the pictures that the decoder returns."""
    down_block_types: Annotated[tuple[_Down, ...], Bounds(min_length=1, max_length=6)] = ("DownEncoderBlock2D",)
    """Blocks of the encoder. Each block except the last halves the picture."""
    up_block_types: Annotated[tuple[_Up, ...], Bounds(min_length=1, max_length=6)] = ("UpDecoderBlock2D",)
    """Blocks of the decoder."""
    block_out_channels: Annotated[tuple[_Width, ...], Bounds(min_length=1, max_length=6)] = (64,)
    """Feature maps after each block."""
    layers_per_block: Annotated[int, Bounds(ge=1, le=8)] = 1
    """Residual layers per block."""
    act_fn: Literal["silu", "swish", "mish", "gelu", "relu"] = "silu"
    """Non-linear function between layers."""
    norm_num_groups: Annotated[int, Bounds(ge=1, le=256)] = 32
    """Number of groups in the group normalisation."""
    mid_block_add_attention: bool = True
    """Whether the smallest feature maps have an attention layer."""

    def build(self, modality: Modality) -> LoadedParts:
        # check the size of the pictures
        channels, height, width = modality.field.shape
        halvings = len(self.block_out_channels) - 1
        factor = 2**halvings
        if height % factor or width % factor:
            below = max(height, width) // factor * factor
            raise UserError(
                f"the model halves pictures {halvings} times, and {height}×{width} is not divisible by {factor}",
                f"Add the pictures again in a size that is, such as {below or factor} or {below + factor}",
            )
        # check their channels; grey pictures also fit models for colour pictures
        if {self.in_channels, self.out_channels} - {channels} and not (
            channels == 1 and self.in_channels == self.out_channels == 3
        ):
            raise UserError(
                f"the model is for pictures of {self.in_channels} channels, and these have {channels}",
                "Choose a dataset of such pictures",
            )
        # build the modules
        model = self._diffusers_model()
        grid = (height // factor, width // factor)
        bottleneck, depth = self.build_bottleneck(math.prod(grid))
        spatial = getattr(self, "norm_type", "") == "spatial"
        network = Network(
            _Encoder(model.encoder, model.quant_conv, self.in_channels, depth, bottleneck.tokens),
            _Decoder(model.decoder, model.post_quant_conv, channels, (depth, *grid), spatial),
            bottleneck.width,
        )
        return LoadedParts(network, bottleneck, grid if bottleneck.tokens > 1 else (1,))

    def _diffusers_model(self) -> Any:
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
    def build_bottleneck(self, positions: int) -> tuple[Bottleneck, int]:
        """Build the bottleneck for feature maps with this many positions.

        Returns
        -------
        tuple of Bottleneck and int
            The bottleneck, and the number of channels that the decoder takes.
        """


class AutoencoderKL(_Diffusers):
    """The autoencoder of latent diffusion (Rombach et al. 2022, arXiv:2112.10752). Its latent is the mean of the posterior."""

    name = "autoencoder_kl"
    title = "diffusers AutoencoderKL"
    class_name = "AutoencoderKL"
    kind: Literal["autoencoder_kl"] = "autoencoder_kl"
    latent_channels: _Channels = 4
    """Channels of the latent."""
    use_quant_conv: bool = True
    """Whether the encoder ends with an additional convolution."""
    use_post_quant_conv: bool = True
    """Whether the decoder starts with an additional convolution."""

    def build_bottleneck(self, positions: int) -> tuple[Bottleneck, int]:
        check_code_length(positions * self.latent_channels)
        return LoadedVector(positions * self.latent_channels), self.latent_channels


class VQModel(_Diffusers):
    """A VQ-VAE (van den Oord et al. 2017, arXiv:1711.00937)."""

    name = "vq_model"
    title = "diffusers VQModel"
    class_name = "VQModel"
    kind: Literal["vq_model"] = "vq_model"
    latent_channels: _Channels = 3
    """Channels of the encoder's output."""
    num_vq_embeddings: Annotated[int, Bounds(ge=2, le=65_536)] = 256
    """Number of entries of the codebook."""
    vq_embed_dim: Annotated[int, Bounds(ge=1, le=512)] | None = None
    """Length of an entry; by default the number of latent channels."""
    norm_type: Literal["group", "spatial"] = "group"
    """Normalisation in the decoder: by groups (group), or by groups with the codes as an additional input (spatial)."""

    def build_bottleneck(self, positions: int) -> tuple[Bottleneck, int]:
        length = self.vq_embed_dim or self.latent_channels
        check_code_length(positions * length)
        return NearestEntry(positions, self.num_vq_embeddings, length), length


class _Encoder(nn.Module):
    """Encode pictures within [0, 1], ``(B, c, h, w)``.

    The output is one token, ``(B, 1, depth·rows·columns)``, or one token per position, ``(B, T, depth)``.
    """

    def __init__(self, encoder: nn.Module, quant_conv: nn.Module | None, channels: int, depth: int, tokens: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.quant_conv = quant_conv
        self.channels, self.depth, self.tokens = channels, depth, tokens

    def forward(self, x: Tensor) -> Tensor:
        maps = _apply_in_batches(self._encode, x)  # (B, depth, rows, columns)
        return maps.flatten(1).unsqueeze(1) if self.tokens == 1 else maps.flatten(2).transpose(1, 2)

    def _encode(self, x: Tensor) -> Tensor:
        maps = self.encoder(2 * x.expand(-1, self.channels, -1, -1) - 1)  # diffusers expects [−1, 1]
        maps = maps if self.quant_conv is None else self.quant_conv(maps)
        return maps[:, : self.depth]  # the means; log-variances follow them


class _Decoder(nn.Module):
    """Decode the encoder's output to pictures within [0, 1], ``(B, channels, h, w)``."""

    def __init__(
        self, decoder: nn.Module, post_quant_conv: nn.Module | None, channels: int, latent: tuple[int, ...], spatial: bool
    ) -> None:
        super().__init__()
        self.decoder = decoder
        self.post_quant_conv = post_quant_conv
        self.channels, self.latent, self.spatial = channels, latent, spatial

    def forward(self, z: Tensor) -> Tensor:
        z = (z if z.shape[1] == 1 else z.transpose(1, 2)).reshape(len(z), *self.latent)  # (B, depth, rows, columns)
        return _apply_in_batches(self._decode, z)

    def _decode(self, z: Tensor) -> Tensor:
        h = z if self.post_quant_conv is None else self.post_quant_conv(z)
        y = self.decoder(h, z if self.spatial else None)
        return (0.5 * (y if y.shape[1] == self.channels else y.mean(1, keepdim=True)) + 0.5).clamp(0, 1)


def _apply_in_batches(function: Callable[[Tensor], Tensor], samples: Tensor) -> Tensor:
    """Apply a function to a few samples at a time, because the feature maps need much memory."""
    if torch.compiler.is_exporting():
        raise UserError(
            "layers of diffusers depend on the number of samples",
            "Use the folder that the model was loaded from",
        )
    return torch.cat([function(batch) for batch in samples.split(_BATCH_SIZE)])
