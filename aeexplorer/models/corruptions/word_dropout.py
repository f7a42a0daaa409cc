"""Words hidden from the encoder (Iyyer et al. 2015, ACL; for the inputs of a decoder, Bowman et al. 2016, arXiv:1511.06349)."""

from typing import Annotated, Literal

import torch
from pydantic import Field as Bounds
from torch import Tensor

from aeexplorer.data.texts import UNKNOWN
from aeexplorer.modalities.base import Modality
from aeexplorer.models.corruptions.base import CorruptionSettings


class WordDropout(CorruptionSettings):
    """Replace each token of a text with the unknown token with some probability.

    The model learns to infer the hidden words from the others. The decoders of this app produce all tokens from the code
    alone, so there are no decoder inputs to drop words from.
    """

    name = "word_dropout"
    title = "Word dropout"
    modalities = frozenset({"text"})
    kind: Literal["word_dropout"] = "word_dropout"
    share: Annotated[float, Bounds(gt=0, lt=1)] = 0.2
    """Probability that a token is hidden."""

    def corrupt(self, x: Tensor, modality: Modality) -> Tensor:
        hidden = (torch.rand(x.shape[:2], device=x.device) < self.share) & ~x[..., 0].isnan()  # (B, length)
        unknown = torch.zeros_like(x[0, 0])  # (vocabulary,)
        unknown[UNKNOWN] = 1.0
        return x.where(~hidden[..., None], unknown)
