"""Time series: float32 ``(steps, channels)``, NaN where a value is missing and after the end of a shorter series."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.tabular import column_scale
from aeexplorer.modalities._curves import draw_bands, draw_curves
from aeexplorer.modalities.base import Network, NetworkSettings, Pictured, PixelLikelihood
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.linear import build_linear
from aeexplorer.modalities.networks.missing import AppendMissingMask, ZeroMissing
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.transformer import build_transformer


class Series(Pictured):
    """Time series of one or several channels.

    In x-space, each channel is scaled so that the training split spans [0, 1], or by its z-score (see
    `aeexplorer.data.tabular.column_scale`). The encoder also sees which values are missing.
    """

    name = "series"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        low, span = column_scale(field.meta)
        self._low = torch.tensor(low, dtype=torch.float32)
        self._span = torch.tensor(span, dtype=torch.float32)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        size = shape[0] * shape[1]

        def dense_with_mask(settings: NetworkSettings, tokens: int) -> Network:
            inner = build_dense(shape, settings, tokens, input_size=2 * size)
            return Network(nn.Sequential(nn.Flatten(), AppendMissingMask(), inner.encoder), inner.decoder, inner.width)

        def linear_without_mask(settings: NetworkSettings, tokens: int) -> Network:
            inner = build_linear(shape, settings, tokens)
            return Network(nn.Sequential(ZeroMissing(), inner.encoder), inner.decoder, inner.width)

        return {
            "dense": dense_with_mask,
            "dilated": lambda settings, tokens: self._build_by_steps(build_dilated, settings, tokens),
            "recurrent": lambda settings, tokens: self._build_by_steps(build_recurrent, settings, tokens),
            "transformer": lambda settings, tokens: self._build_by_steps(build_transformer, settings, tokens),
            "linear": linear_without_mask,
        }

    def _build_by_steps(
        self, build: Callable[[SequenceShape, NetworkSettings], Network], settings: NetworkSettings, tokens: int
    ) -> Network:
        """Build a network that reads a series step by step."""
        length, channels = self.field.shape
        inner = build(SequenceShape(length, 2 * channels, channels, (tokens,)), settings)
        return Network(nn.Sequential(AppendMissingMask(), inner.encoder), inner.decoder, inner.width)

    def natural_tokens(self) -> int:
        return min(32, max(2, self.field.shape[0] // 8))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        return (raw - self._low.to(raw.device)) / self._span.to(raw.device)

    def restore(self, x: Tensor) -> np.ndarray:
        return (x.detach().cpu() * self._span + self._low).numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """Apply the likelihood to all values that are not missing, ``(B,)``, in nats per sample."""
        target = x.flatten(1)
        return likelihood.nll(output.flatten(1), target, ~target.isnan())

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return likelihood.mean(output)

    def part_errors(self, reconstruction: Tensor, x: Tensor) -> dict[str, Tensor]:
        """Compute the mean squared error of each channel over its known steps."""
        errors = (reconstruction - x).square().nanmean(1)  # (B, channels)
        names = [str(column["name"]) for column in self.field.meta["columns"]]
        return dict(zip(names, errors.unbind(1), strict=True)) if len(names) > 1 else {"": errors[:, 0]}

    def pictures(self, raw: np.ndarray) -> np.ndarray:
        """Draw one curve per channel, each in its own colour. The training range spans the height of the picture."""
        return draw_curves((np.asarray(raw) - self._low.numpy()) / self._span.numpy())

    def difference_images(self, difference: np.ndarray) -> np.ndarray:
        """Arrange differences as one band per channel along time, the first channel at the top."""
        return draw_bands(difference)
