"""How much of a text comes back: tokens that are right, and what a token costs beside guessing by frequency alone."""

import numpy as np
import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import Family, Figure, Material, Metric
from aeexplorer.data.texts import PADDING
from aeexplorer.modalities.text import Text, token_ids

_READ = 1 << 14


def unigram(rows: np.ndarray, size: int) -> np.ndarray:
    """log p of each token by how often it occurs, with one added to every count: float64 ``(size,)``.

    Parameters
    ----------
    rows
        Ids ``(n, length)``; padding is no token.
    size
        Tokens of the vocabulary.
    """
    counts = np.ones(size)
    for start in range(0, len(rows), _READ):
        counts += np.bincount(np.asarray(rows[start : start + _READ]).ravel(), minlength=size)
    counts[PADDING] = 0
    with np.errstate(divide="ignore"):
        return np.log(counts / counts.sum())


class _Counts:
    """Tokens that are right, texts that are right as a whole."""

    def __init__(self) -> None:
        self.tokens, self.texts = 0, 0

    def add(self, back: Tensor, truth: Tensor) -> None:
        known = truth != PADDING
        right = (back.argmax(2) == truth) & known
        self.tokens += int(right.sum())
        self.texts += int((right == known).all(1).sum())


def _measure(material: Material) -> dict[str, Figure]:
    model = material.model
    name, modality = next((n, m) for n, m in model.modalities.items() if isinstance(m, Text))
    field = material.run.dataset.fields[name]
    expected = torch.from_numpy(unigram(field.array[np.sort(material.run.dataset.ids("train"))], modality.xshape[1]))
    own, pca, nats, known, guessed = _Counts(), _Counts(), 0.0, 0, 0.0
    for x in material.inputs(material.test):
        truth = token_ids(x[name])
        with torch.inference_mode():
            back = model(x).reconstruction[name]
        own.add(back, truth)
        pca.add(material.pca_reconstruction(x)[name], truth)
        there = truth != PADDING
        nats -= float(back.gather(2, truth[..., None])[..., 0][there].clamp_min(1e-30).log().double().sum())
        guessed -= float(expected[truth[there]].sum())
        known += int(there.sum())
    samples = len(material.test)
    return {
        "tokens_right": Figure(own.tokens / known, pca.tokens / known),
        "texts_right": Figure(own.texts / samples, pca.texts / samples),
        "nats_per_token": Figure(nats / known),
        "unigram_nats_per_token": Figure(guessed / known),
    }


FAMILY = Family(
    name="texts",
    title="Texts",
    place=15,
    needs=frozenset({"results", "text"}),
    metrics=(
        Metric("tokens_right", "Tokens right", "Share of the tokens that come back as they were.", "higher", ".1%"),
        Metric("texts_right", "Texts right", "Share of the texts of which every token comes back as it was.", "higher", ".1%"),
        Metric(
            "nats_per_token",
            "Cross-entropy per token",
            "−log p of a token, given the code: 0 is certain and right.",
            "lower",
            ".3f",
            "nats",
        ),
        Metric(
            "unigram_nats_per_token",
            "The same by frequency alone",
            "What a token costs by how often it occurs in the training split, one added to every count; a model that knows the "
            "text costs less.",
            "",
            ".3f",
            "nats",
        ),
    ),
    measure=_measure,
)
