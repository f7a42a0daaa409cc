"""Reconstruction of texts: correct tokens, and cross-entropy per token compared with token frequencies."""

import numpy as np
import torch
from torch import Tensor

from aeexplorer.analysis.runs.quality.base import EvaluationData, Family, Figure, Metric
from aeexplorer.data.texts import PADDING
from aeexplorer.modalities.text import Text, token_ids

_CHUNK_ROWS = 1 << 14


def unigram_log_probabilities(rows: np.ndarray, size: int) -> np.ndarray:
    """Estimate the log-probability of each token from its frequency, with add-one smoothing.

    log((cₖ + 1) / Σⱼ (cⱼ + 1)), in nats, without the padding token.

    Parameters
    ----------
    rows
        Token ids ``(n, length)``.
    size
        Number of tokens in the vocabulary.

    Returns
    -------
    numpy.ndarray
        float64 ``(size,)``; −∞ for padding.
    """
    counts = np.ones(size)
    for start in range(0, len(rows), _CHUNK_ROWS):
        counts += np.bincount(np.asarray(rows[start : start + _CHUNK_ROWS]).ravel(), minlength=size)
    counts[PADDING] = 0
    with np.errstate(divide="ignore"):
        return np.log(counts / counts.sum())


class _Counts:
    """Number of correct tokens, and of texts in which every token is correct."""

    def __init__(self) -> None:
        self.tokens, self.texts = 0, 0

    def add(self, reconstruction: Tensor, truth: Tensor) -> None:
        """Count a batch: probabilities ``(B, length, tokens)`` against token ids ``(B, length)``; padding is ignored."""
        is_token = truth != PADDING
        correct = (reconstruction.argmax(2) == truth) & is_token
        self.tokens += int(correct.sum())
        self.texts += int((correct == is_token).all(1).sum())


def _measure(data: EvaluationData) -> dict[str, Figure]:
    model = data.model
    name, modality = next((n, m) for n, m in model.modalities.items() if isinstance(m, Text))
    field = data.run.dataset.fields[name]
    train = field.array[np.sort(data.run.dataset.ids("train"))]
    unigram = torch.from_numpy(unigram_log_probabilities(train, modality.xshape[1]))
    own, pca = _Counts(), _Counts()
    nats, unigram_nats, tokens = 0.0, 0.0, 0
    for x in data.inputs(data.test):
        truth = token_ids(x[name])  # (B, length)
        with torch.inference_mode():
            reconstruction = model(x).reconstruction[name]  # (B, length, tokens)
        own.add(reconstruction, truth)
        pca.add(data.pca.reconstruct(x)[name], truth)
        is_token = truth != PADDING
        probabilities = reconstruction.gather(2, truth[..., None])[..., 0][is_token]
        nats -= float(probabilities.clamp_min(1e-30).log().double().sum())
        unigram_nats -= float(unigram[truth[is_token]].sum())
        tokens += int(is_token.sum())
    samples = len(data.test)
    return {
        "tokens_right": Figure(own.tokens / tokens, pca.tokens / tokens),
        "texts_right": Figure(own.texts / samples, pca.texts / samples),
        "nats_per_token": Figure(nats / tokens),
        "unigram_nats_per_token": Figure(unigram_nats / tokens),
    }


FAMILY = Family(
    name="texts",
    title="Texts",
    place=15,
    needs=frozenset({"results", "text"}),
    metrics=(
        Metric("tokens_right", "Tokens right", "Share of the tokens that are reconstructed correctly.", "higher", ".1%"),
        Metric("texts_right", "Texts right", "Share of the texts in which every token is correct.", "higher", ".1%"),
        Metric(
            "nats_per_token",
            "Cross-entropy per token",
            "−log p of the correct token, given the code: 0 if the model is certain and right.",
            "lower",
            ".3f",
            "nats",
        ),
        Metric(
            "unigram_nats_per_token",
            "Cross-entropy of token frequencies",
            "−log p of the correct token if it is guessed by its frequency in the training split (add-one smoothing). A model "
            "that has learned from the texts has a lower cross-entropy.",
            "",
            ".3f",
            "nats",
        ),
    ),
    measure=_measure,
)
