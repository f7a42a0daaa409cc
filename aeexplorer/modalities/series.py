"""Series: float32 ``(steps, channels)``, NaN where a value is missing and where a shorter series has ended."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.tabular import scale_of
from aeexplorer.modalities._curves import curves, strips
from aeexplorer.modalities.base import Network, NetworkSettings, Pictured, PixelLikelihood
from aeexplorer.modalities.networks.dense import dense
from aeexplorer.modalities.networks.dilated import dilated
from aeexplorer.modalities.networks.linear import linear
from aeexplorer.modalities.networks.missing import KnownOrZero, WithMask
from aeexplorer.modalities.networks.recurrent import recurrent
from aeexplorer.modalities.networks.sequences import Steps
from aeexplorer.modalities.networks.transformer import transformer


class Series(Pictured):
    """Series of one or several channels, of which each sample has its own.

    In x-space a channel is scaled so that the training split spans [0, 1] (or by its z-score, see
    `aeexplorer.data.tabular.scale_of`). The encoder also sees which values are missing.
    """

    name = "series"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        low, span = scale_of(field.meta)
        self._low = torch.tensor(low, dtype=torch.float32)
        self._span = torch.tensor(span, dtype=torch.float32)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        size = shape[0] * shape[1]

        def all_at_once(settings: NetworkSettings, tokens: int) -> Network:
            network = dense(shape, settings, tokens, read=2 * size)
            return Network(nn.Sequential(nn.Flatten(), WithMask(), network.encoder), network.decoder, network.width)

        def without_mask(settings: NetworkSettings, tokens: int) -> Network:
            network = linear(shape, settings, tokens)
            return Network(nn.Sequential(KnownOrZero(), network.encoder), network.decoder, network.width)

        return {
            "dense": all_at_once,
            "dilated": lambda settings, tokens: self._by_steps(dilated, settings, tokens),
            "recurrent": lambda settings, tokens: self._by_steps(recurrent, settings, tokens),
            "transformer": lambda settings, tokens: self._by_steps(transformer, settings, tokens),
            "linear": without_mask,
        }

    def _by_steps(self, build: Callable[[Steps, NetworkSettings], Network], settings: NetworkSettings, tokens: int) -> Network:
        """A network that reads a series step by step."""
        length, channels = self.field.shape
        inner = build(Steps(length, 2 * channels, channels, (tokens,)), settings)
        return Network(nn.Sequential(WithMask(), inner.encoder), inner.decoder, inner.width)

    def natural_tokens(self) -> int:
        return min(32, max(2, self.field.shape[0] // 8))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        return (raw - self._low.to(raw.device)) / self._span.to(raw.device)

    def restore(self, x: Tensor) -> np.ndarray:
        return (x.detach().cpu() * self._span + self._low).numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """The likelihood over the values that are there."""
        target = x.flatten(1)
        return likelihood.nll(output.flatten(1), target, ~target.isnan())

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return likelihood.mean(output)

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Curves, one colour a channel, the training range from the lower to the upper edge."""
        return curves((np.asarray(raw) - self._low.numpy()) / self._span.numpy())

    def gaps(self, difference: np.ndarray) -> np.ndarray:
        """One band a channel, the first at the top, along time."""
        return strips(difference)
