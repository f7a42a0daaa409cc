"""Texts: uint16 ``(length,)``, the ids of their tokens, an end, and padding after it."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import END, PADDING, Vocabulary, joined
from aeexplorer.modalities.base import Network, NetworkSettings, PixelLikelihood, Written
from aeexplorer.modalities.networks.dense import dense
from aeexplorer.modalities.networks.dilated import dilated
from aeexplorer.modalities.networks.linear import linear
from aeexplorer.modalities.networks.missing import KnownOrZero
from aeexplorer.modalities.networks.recurrent import recurrent
from aeexplorer.modalities.networks.sequences import Steps
from aeexplorer.modalities.networks.transformer import transformer


class Text(Written):
    """Lines, paragraphs, captions, cut into tokens.

    In x-space a token is one-hot, ``(B, length, tokens)``, and NaN after the end of the text. The likelihood of a token is
    categorical whatever the settings say. Decoders write all tokens at once from the code, none from the tokens before it.
    """

    name = "text"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.vocabulary = Vocabulary.from_meta(field.meta)

    @property
    def xshape(self) -> tuple[int, int]:
        """Tokens of a text, tokens of the vocabulary."""
        return self.field.shape[0], len(self.vocabulary.tokens)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        length, size = self.xshape

        def by_tokens(build: Callable[[Steps, NetworkSettings], Network]) -> Callable[[NetworkSettings, int], Network]:
            return lambda settings, tokens: _reading(build(Steps(length, size, size, (tokens,)), settings), size)

        return {
            "dilated": by_tokens(dilated),
            "transformer": by_tokens(transformer),
            "recurrent": by_tokens(recurrent),
            "dense": lambda settings, tokens: _reading(dense(self.xshape, settings, tokens), size),
            "linear": lambda settings, tokens: _reading(linear(self.xshape, settings, tokens), size),
        }

    def natural_tokens(self) -> int:
        return min(16, max(2, self.field.shape[0] // 4))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        ids = raw.long()
        x = torch.zeros(*ids.shape, len(self.vocabulary.tokens), device=ids.device)
        return x.scatter_(2, ids[..., None], 1.0).masked_fill_((ids == PADDING)[..., None], torch.nan)

    def restore(self, x: Tensor) -> np.ndarray:
        """The likeliest tokens up to the first end, then padding."""
        ids = token_ids(x.detach().cpu())
        ended = (ids == END).cumsum(1)
        return ids.masked_fill_((ended > 0) & ~((ended == 1) & (ids == END)), PADDING).numpy().astype(np.uint16)

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """The cross-entropy of the tokens, the end included."""
        nats = nn.functional.cross_entropy(output.flatten(0, 1), token_ids(x).flatten(), ignore_index=PADDING, reduction="none")
        return nats.view(len(x), -1).sum(1)

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return output.softmax(2)

    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        return [("text", joined(raw, self.vocabulary.tokens))]


def token_ids(x: Tensor) -> Tensor:
    """x-space ``(B, length, tokens)`` → the ids of the likeliest tokens, int64 ``(B, length)``; padding where NaN."""
    return x.argmax(2).masked_fill_(x[..., 0].isnan(), PADDING)


def _reading(network: Network, size: int) -> Network:
    """A network whose first layer embeds one-hot tokens, `size` of them: vectors of unit scale, as of any other input."""
    first = next((m for m in network.encoder.modules() if isinstance(m, nn.Linear | nn.RNNBase)), None)
    with torch.no_grad():
        for name, parameter in first.named_parameters() if first is not None else ():
            if name == "weight" or name.startswith("weight_ih_l0"):
                parameter.mul_(size**0.5)
    return Network(nn.Sequential(KnownOrZero(), network.encoder), network.decoder, network.width)
