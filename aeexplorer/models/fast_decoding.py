"""Fast decoding of many latents at once on a CPU, for grids, strips and backdrops."""

import copy
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from aeexplorer.models.autoencoder import Autoencoder

_fast_copies: "WeakKeyDictionary[Autoencoder, Autoencoder]" = WeakKeyDictionary()


def with_fast_decoders(model: Autoencoder) -> Autoencoder:
    """Return a copy of a model whose convolutional decoders run several times faster on a CPU.

    Transposed convolutions become plain convolutions with shuffled outputs, the memory layout is channels-last, and
    products are computed in bfloat16 if the CPU supports it. Outputs differ by some thousandths. Decoders without
    transposed convolutions and all other parts are shared with the model.

    Parameters
    ----------
    model
        Model in evaluation mode, on the CPU. The copy is cached for as long as the model exists.
    """
    fast = _fast_copies.get(model)
    if fast is None:
        fast = copy.copy(model)
        fast._modules = dict(model._modules)
        fast.decoders = nn.ModuleDict({name: _accelerate(decoder) for name, decoder in model.decoders.items()})
        _fast_copies[model] = fast
    return fast


class SubPixel(nn.Module):
    """A transposed 4×4 convolution of stride 2, computed as a 3×3 convolution with four times the channels.

    The four groups of channels are the pixels of each 2×2 block of the output (Shi et al. 2016, arXiv:1609.07009).

    Parameters
    ----------
    up
        Transposed convolution with a padding of 1, which doubles height and width.
    """

    def __init__(self, up: nn.ConvTranspose2d) -> None:
        super().__init__()
        channels_in, channels_out = up.in_channels, up.out_channels
        blocks = up.weight.new_zeros(2, 2, channels_out, channels_in, 3, 3)
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            for i, j in ((i, j) for i in range(3) for j in range(3)):
                # weight of the 4×4 kernel that connects input (i, j) of the 3×3 window with output (row, column)
                y, x = row + 3 - 2 * i, column + 3 - 2 * j
                if 0 <= y < 4 and 0 <= x < 4:
                    blocks[row, column, :, :, i, j] = up.weight[:, :, y, x].T
        self.conv = nn.Conv2d(channels_in, 4 * channels_out, 3, padding=1, bias=up.bias is not None)
        self.conv.weight = nn.Parameter(blocks.view(4 * channels_out, channels_in, 3, 3), requires_grad=False)
        if up.bias is not None:
            self.conv.bias = nn.Parameter(up.bias.detach().repeat(4), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, h, w) → (B, C', 2h, 2w)``."""
        blocks = self.conv(x.contiguous(memory_format=torch.channels_last)).permute(0, 2, 3, 1)  # (B, h, w, 4C')
        (count, height, width), channels = blocks.shape[:3], blocks.shape[3] // 4
        pixels = blocks.reshape(count, height, width, 2, 2, channels).transpose(2, 3)  # (B, h, 2, w, 2, C')
        return pixels.reshape(count, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)


class _Bfloat16(nn.Module):
    """A network whose products are computed in bfloat16, with float32 input and output."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for layer in network.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                layer.bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            y: Tensor = self.network(x)
        return y.float()


def _accelerate(decoder: nn.Module) -> nn.Module:
    """Return a faster copy of a decoder with transposed convolutions; any other decoder is returned as it is."""
    if not any(map(_doubles_size, decoder.modules())):
        return decoder
    fast = copy.deepcopy(decoder)
    for parent in list(fast.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.ConvTranspose2d) and _doubles_size(child):
                setattr(parent, name, SubPixel(child))
    fast.to(memory_format=torch.channels_last)
    return _Bfloat16(fast) if torch.cpu.get_capabilities().get("amx_bf16") else fast


def _doubles_size(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.ConvTranspose2d)
        and (module.kernel_size, module.stride, module.padding) == ((4, 4), (2, 2), (1, 1))
        and (module.output_padding, module.dilation, module.groups) == ((0, 0), (1, 1), 1)
    )
