"""Bags of words: float32 ``(words,)`` within [0, 1], the weight of each word of the vocabulary in a text."""

from collections.abc import Callable, Mapping

import numpy as np
from torch import Tensor

from aeexplorer.modalities.base import Network, NetworkSettings, PixelLikelihood, Written
from aeexplorer.modalities.networks.dense import build_dense
from aeexplorer.modalities.networks.linear import build_linear

MAX_WORDS = 12
"""Most words of a bag that are shown."""
MIN_WEIGHT = 0.05
"""Words of at most this weight are not shown."""


class BagOfWords(Written):
    """Texts represented by their words alone, regardless of word order (Salton et al. 1975)."""

    name = "bag_of_words"
    complete = True

    @property
    def networks(self) -> Mapping[str, Callable[[NetworkSettings, int], Network]]:
        shape = self.field.shape
        return {
            "dense": lambda settings, tokens: build_dense(shape, settings, tokens),
            "linear": lambda settings, tokens: build_linear(shape, settings, tokens),
        }

    def natural_tokens(self) -> int:
        return min(8, max(2, self.field.shape[0] // 2))

    def grid(self, tokens: int) -> tuple[int, ...]:
        return (tokens,)

    def prepare(self, raw: Tensor) -> Tensor:
        return raw.float()

    def restore(self, x: Tensor) -> np.ndarray:
        return x.detach().cpu().clamp(0, 1).numpy()

    def nll(self, likelihood: PixelLikelihood, output: Tensor, x: Tensor) -> Tensor:
        return likelihood.nll(output, x)

    def mean(self, likelihood: PixelLikelihood, output: Tensor) -> Tensor:
        return likelihood.mean(output)

    def rows(self, raw: np.ndarray) -> list[tuple[str, str]]:
        return [("words", ", ".join(self.strongest_words(raw)))]

    def strongest_words(self, raw: np.ndarray) -> list[str]:
        """Return the words with the largest weights in one stored sample, the strongest first."""
        words = self.field.meta["tokens"]
        order = np.argsort(-np.asarray(raw), kind="stable")[:MAX_WORDS]
        return [words[i] for i in order if raw[i] > MIN_WEIGHT]
