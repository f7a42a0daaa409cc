"""A model whose decoders are made over for decoding many latents at once on a processor: grids, strips, backdrops."""

import copy
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from aeexplorer.models.autoencoder import Autoencoder

_made: "WeakKeyDictionary[Autoencoder, Autoencoder]" = WeakKeyDictionary()


def quick(model: Autoencoder) -> Autoencoder:
    """A model that decodes as this one does, to within some thousandths, convolutional decoders in a fraction of the time.

    Transposed convolutions become plain ones with their outputs shuffled, channels lie last, and where the processor
    multiplies in bfloat16 so do they. Decoders without transposed convolutions stay as they are, as all else does.

    Parameters
    ----------
    model
        In evaluation mode, on the CPU; its copy is kept for as long as it is.
    """
    found = _made.get(model)
    if found is None:
        found = copy.copy(model)
        found._modules = dict(model._modules)
        found.decoders = nn.ModuleDict({name: _made_over(decoder) for name, decoder in model.decoders.items()})
        _made[model] = found
    return found


class SubPixel(nn.Module):
    """A transposed 4×4 convolution of stride 2 as a 3×3 convolution whose channels are the pixels of each 2×2 block.

    Shi et al. 2016 (arXiv:1609.07009).

    Parameters
    ----------
    up
        With a padding of 1: it doubles height and width.
    """

    def __init__(self, up: nn.ConvTranspose2d) -> None:
        super().__init__()
        before, after = up.in_channels, up.out_channels
        blocks = up.weight.new_zeros(2, 2, after, before, 3, 3)
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            for i, j in ((i, j) for i in range(3) for j in range(3)):
                y, x = row + 3 - 2 * i, column + 3 - 2 * j  # the tap of the 4×4 kernel that carries place (i, j) there
                if 0 <= y < 4 and 0 <= x < 4:
                    blocks[row, column, :, :, i, j] = up.weight[:, :, y, x].T
        self.conv = nn.Conv2d(before, 4 * after, 3, padding=1, bias=up.bias is not None)
        self.conv.weight = nn.Parameter(blocks.view(4 * after, before, 3, 3), requires_grad=False)
        if up.bias is not None:
            self.conv.bias = nn.Parameter(up.bias.detach().repeat(4), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, C, h, w)`` → ``(B, C', 2h, 2w)``."""
        blocks = self.conv(x.contiguous(memory_format=torch.channels_last)).permute(0, 2, 3, 1)  # (B, h, w, 4C')
        (count, height, width), channels = blocks.shape[:3], blocks.shape[3] // 4
        pixels = blocks.reshape(count, height, width, 2, 2, channels).transpose(2, 3)
        return pixels.reshape(count, 2 * height, 2 * width, channels).permute(0, 3, 1, 2)


class _Bfloat16(nn.Module):
    """A network whose products are bfloat16, float32 in and out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for part in network.modules():
            if isinstance(part, nn.Linear | nn.Conv2d):
                part.bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            y: Tensor = self.network(x)
        return y.float()


def _made_over(decoder: nn.Module) -> nn.Module:
    if not any(map(_doubles, decoder.modules())):
        return decoder
    made = copy.deepcopy(decoder)
    for parent in list(made.modules()):
        for name, child in parent.named_children():
            if _doubles(child):
                assert isinstance(child, nn.ConvTranspose2d)
                setattr(parent, name, SubPixel(child))
    made.to(memory_format=torch.channels_last)
    return _Bfloat16(made) if torch.cpu.get_capabilities().get("amx_bf16") else made


def _doubles(module: nn.Module) -> bool:
    return (
        isinstance(module, nn.ConvTranspose2d)
        and (module.kernel_size, module.stride, module.padding) == ((4, 4), (2, 2), (1, 1))
        and (module.output_padding, module.dilation, module.groups) == ((0, 0), (1, 1), 1)
    )
