"""Texts: uint16 ``(length,)``, token ids followed by an end token and padding."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from aeexplorer.data.dataset import Field
from aeexplorer.data.texts import END, PADDING, Vocabulary, decode_text
from aeexplorer.modalities.base import Network, NetworkSettings, PixelLikelihood, Written
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.dilated import build_dilated
from aeexplorer.modalities.networks.linear import build_linear
from aeexplorer.modalities.networks.missing import ZeroMissing
from aeexplorer.modalities.networks.recurrent import build_recurrent
from aeexplorer.modalities.networks.sequences import SequenceShape
from aeexplorer.modalities.networks.transformer import build_transformer


class Text(Written):
    """Short texts (lines, paragraphs, captions), split into tokens.

    In x-space, tokens are one-hot, ``(B, length, vocabulary)``, and NaN after the end of the text. The likelihood of a
    token is always categorical, whatever the settings say. Decoders produce all tokens at once from the code: they never
    see the tokens before the current one.
    """

    name = "text"
    complete = False

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.vocabulary = Vocabulary.from_meta(field.meta)

    @property
    def xshape(self) -> tuple[int, int]:
        """Shape of one sample in x-space: (length of a text, size of the vocabulary)."""
        return self.field.shape[0], len(self.vocabulary.tokens)

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        length, vocabulary = self.xshape

        def by_tokens(
            build: Callable[[SequenceShape, NetworkSettings], Network],
        ) -> Callable[[NetworkSettings, int], Network]:
            return lambda settings, tokens: _embed_one_hot(
                build(SequenceShape(length, vocabulary, vocabulary, (tokens,)), settings), vocabulary
            )

        return {
            "dilated": by_tokens(build_dilated),
            "transformer": by_tokens(build_transformer),
            "recurrent": by_tokens(build_recurrent),
            "dense": lambda settings, tokens: _embed_one_hot(build_dense(self.xshape, settings, tokens), vocabulary),
            "linear": lambda settings, tokens: _embed_one_hot(build_linear(self.xshape, settings, tokens), vocabulary),
        }

    def natural_tokens(self) -> int:
        return min(16, max(2, self.field.shape[0] // 4))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        ids = raw.long()  # (B, length)
        x = torch.zeros(*ids.shape, len(self.vocabulary.tokens), device=ids.device)  # (B, length, vocabulary)
        return x.scatter_(2, ids[..., None], 1.0).masked_fill_((ids == PADDING)[..., None], torch.nan)

    def restore(self, x: Tensor) -> np.ndarray:
        """Return the most likely token ids up to the first end token, then padding."""
        ids = token_ids(x.detach().cpu())
        ends = (ids == END).cumsum(1)
        is_first_end = (ends == 1) & (ids == END)
        return ids.masked_fill_((ends > 0) & ~is_first_end, PADDING).numpy().astype(np.uint16)

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        """Compute the cross-entropy of all tokens and the end token, ``(B,)``, in nats per sample."""
        nats = nn.functional.cross_entropy(output.flatten(0, 1), token_ids(x).flatten(), ignore_index=PADDING, reduction="none")
        return nats.view(len(x), -1).sum(1)  # (B·length,) → (B,)

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return output.softmax(2)

    def error(self, reconstruction: Tensor, x: Tensor) -> Tensor:
        """Compute the share of wrong tokens of each text, ``(B,)``: a squared error of probabilities would mean little."""
        truth = token_ids(x)  # (B, length)
        is_token = truth != PADDING
        is_wrong = (reconstruction.argmax(2) != truth) & is_token
        return is_wrong.sum(1) / is_token.sum(1).float()

    @property
    def counted_parts(self) -> frozenset[str]:
        return frozenset({""})

    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        return [("text", decode_text(raw, self.vocabulary.tokens))]


def token_ids(x: Tensor) -> Tensor:
    """Return the most likely token ids of x-space ``(B, length, vocabulary)``: int64 ``(B, length)``, padding where NaN."""
    return x.argmax(2).masked_fill_(x[..., 0].isnan(), PADDING)


def _embed_one_hot(network: Network, vocabulary: int) -> Network:
    """Scale the first layer of a network for one-hot tokens, so that it embeds each token as a vector of unit scale.

    The default initialisation expects dense inputs: with one-hot inputs, its outputs would be √vocabulary times too small.
    """
    first = next((m for m in network.encoder.modules() if isinstance(m, nn.Linear | nn.RNNBase)), None)
    with torch.no_grad():
        for name, parameter in first.named_parameters() if first is not None else ():
            if name == "weight" or name.startswith("weight_ih_l0"):
                parameter.mul_(vocabulary**0.5)
    return Network(nn.Sequential(ZeroMissing(), network.encoder), network.decoder, network.width)
