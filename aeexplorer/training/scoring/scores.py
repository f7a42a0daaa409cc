"""Scores of the parts of held-out samples: each column of a table, each text, each picture, beside PCA of the same size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from aeexplorer.modalities.base import Modality
from aeexplorer.training.scoring.pca import PrincipalComponents

ScoreKind = Literal["r2", "accuracy"]


@dataclass(frozen=True)
class Score:
    """Score of one part of the samples of a split.

    Parameters
    ----------
    field
        Name of the field.
    part
        Name of the part, such as a column of a table; empty if the field has only one.
    kind
        ``r2`` is the share of the variance around the training mean that is explained, 1 − Σ(x − x̂)² / Σ(x − x̄)²;
        ``accuracy`` is the share of categories or tokens that are right.
    value, pca
        Scores of the model, and of PCA with as many components as the code has numbers.
    baseline
        Score of always answering with the mean of the training samples: 0 for ``r2``; for ``accuracy``, the accuracy of the
        most frequent category (of texts, of the most frequent token at each position).
    n
        Number of samples that have the part.
    """

    field: str
    part: str
    kind: ScoreKind
    value: float
    pca: float
    baseline: float
    n: int

    @property
    def skill(self) -> float:
        """Share of the error of the baseline that the model avoids; 1 is perfect, 0 no better than the baseline."""
        return _skill(self.value, self.baseline)

    @property
    def pca_skill(self) -> float:
        """Share of the error of the baseline that PCA avoids."""
        return _skill(self.pca, self.baseline)


def _skill(value: float, baseline: float) -> float:
    return (value - baseline) / max(1 - baseline, 1e-9)


def score_parts(
    modalities: Mapping[str, Modality],
    pca: PrincipalComponents,
    batches: Iterable[tuple[Mapping[str, Tensor], Mapping[str, Tensor]]],
) -> list[Score]:
    """Score the reconstructions of samples part by part.

    Parts that are the same in all samples have no score: there is nothing to explain.

    Parameters
    ----------
    modalities
        Modality of each field.
    pca
        PCA fitted on the training samples.
    batches
        Samples and their reconstructions in x-space by field, ``(B, *shape)``.
    """
    sums: dict[tuple[str, str], Tensor] = {}  # errors of model, PCA and mean, and number of samples: (4,)
    for x, reconstruction in batches:
        clean = {name: values.cpu() for name, values in x.items()}
        size = len(next(iter(clean.values())))
        answers = (reconstruction, pca.reconstruct(clean), pca.mean_sample(size))
        for name, modality in modalities.items():
            errors = [modality.part_errors(answer[name].cpu(), clean[name]) for answer in answers]
            for part, values in errors[0].items():
                by_answer = torch.stack([values, *(other[part] for other in errors[1:])]).double()  # (3, B)
                total = torch.cat([by_answer.nansum(1), (~values.isnan()).sum()[None]])
                sums[name, part] = sums.get((name, part), torch.zeros(4)) + total
    scores = []
    for (name, part), total in sums.items():
        model_error, pca_error, mean_error, n = total.tolist()
        if part in modalities[name].counted_parts and n:
            scores.append(Score(name, part, "accuracy", 1 - model_error / n, 1 - pca_error / n, 1 - mean_error / n, int(n)))
        elif mean_error > 0:
            scores.append(Score(name, part, "r2", 1 - model_error / mean_error, 1 - pca_error / mean_error, 0.0, int(n)))
    return scores


def read_scores(metrics: Mapping[str, Any]) -> list[Score]:
    """Return the scores in the metrics of a run; none for runs of versions before 0.6."""
    return [Score(**record) for record in metrics.get("scores", ())]
