"""What a family of metrics is, and what all of them start from. One module of this folder a family; each offers one `Family`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from aeexplorer.data.split import SPLITS
from aeexplorer.models.autoencoder import Autoencoder
from aeexplorer.models.bottlenecks.base import Code
from aeexplorer.training.results import PCA_FIT, PCA_NUMBERS, flat_features, principal_axes
from aeexplorer.training.run import Run

BATCH = 256
FITTED = 10_000
"""Training samples that a probe, a forest or a feature's statistics are fitted on at most."""

_ARROWS = {"higher": "↑", "lower": "↓", "": ""}


@dataclass(frozen=True)
class Metric:
    """One figure.

    Parameters
    ----------
    key, title
        As in JSON; for people.
    help
        One sentence on what it says, with the paper.
    better
        Which way is better; empty where neither is.
    form
        How it is written, as for `format`.
    unit
        What it counts, if anything.
    """

    key: str
    title: str
    help: str
    better: Literal["higher", "lower", ""] = ""
    form: str = ".4g"
    unit: str = ""

    @property
    def titled(self) -> str:
        """The title with an arrow that says which way is better."""
        return f"{self.title} {_ARROWS[self.better]}".rstrip()

    def written(self, value: float | list[float] | None) -> str:
        """A value in words, of a list the values with commas between; empty for None."""
        if value is None:
            return ""
        if isinstance(value, list):
            return ", ".join(format(one, self.form) for one in value)
        return f"{value:{self.form}} {self.unit}".rstrip()


@dataclass(frozen=True)
class Figure:
    """A metric's value (a list: one value a latent dimension), and that of PCA of the same size where it has one."""

    value: float | list[float]
    pca: float | None = None


@dataclass(frozen=True)
class Family:
    """Metrics that are measured together.

    Parameters
    ----------
    name, title
        As in a file's name; for people.
    place
        Families stand in this order.
    needs
        What a run must have, as in `aeexplorer.analysis.features.features`.
    metrics
        What `measure` may find, in order; what has no meaning for a run is left out.
    measure
        Measures them, by key.
    """

    name: str
    title: str
    place: int
    needs: frozenset[str]
    metrics: tuple[Metric, ...]
    measure: "Callable[[Material], dict[str, Figure]]"


@dataclass(frozen=True)
class Material:
    """What metrics are measured on: a run with results, its test split, and PCA of the same size."""

    run: Run

    @property
    def model(self) -> Autoencoder:
        """The trained model."""
        return self.run.model

    @cached_property
    def split(self) -> str:
        """The last split that is not empty: test, validation or train."""
        return next(name for name in reversed(SPLITS) if len(self.run.dataset.ids(name)))

    @cached_property
    def test(self) -> np.ndarray:
        """Ids of that split, all of them."""
        return self.run.dataset.ids(self.split)

    @cached_property
    def train(self) -> np.ndarray:
        """At most 10,000 ids of the training split, drawn with a fixed seed."""
        return np.random.default_rng(0).permutation(self.run.dataset.ids("train"))[:FITTED].astype(np.int32)

    def inputs(self, ids: np.ndarray, batch: int = BATCH) -> Iterator[dict[str, Tensor]]:
        """Samples in x-space, batch by batch."""
        for start in range(0, len(ids), batch):
            yield self.model.prepare(self.run.raw(ids[start : start + batch]))

    def codes(self, ids: np.ndarray) -> Iterator[tuple[dict[str, Tensor], Code]]:
        """Samples in x-space and their codes, batch by batch."""
        for x in self.inputs(ids):
            with torch.inference_mode():
                yield x, self.model.encode(x)

    def posterior(self, ids: np.ndarray) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the posterior of samples, ``(m, d)`` each; needs a bottleneck that has one."""
        found = [(code.mean, code.logvar) for _, code in self.codes(ids)]
        means, logvars = ([part for part in parts if part is not None] for parts in zip(*found, strict=True))
        return torch.cat(means), torch.cat(logvars)

    @cached_property
    def _pca(self) -> tuple[Tensor, Tensor]:
        """Mean ``(F,)`` and orthonormal axes ``(F, k)`` of PCA, as the run's PCA error was computed with."""
        features = sum(batch.flatten(1).shape[1] for batch in next(self.inputs(self.test[:1])).values())
        limit = max(2, min(PCA_FIT, PCA_NUMBERS // features))
        ids = np.random.default_rng(0).permutation(self.run.dataset.ids("train"))[:limit]
        train = flat_features(self.model, self.run.dataset, ids)
        mean = train.nanmean(0).nan_to_num()
        return mean, principal_axes((train - mean).nan_to_num(), int(self.run.metrics["pca"]["components"]))

    def pca_latents(self, ids: np.ndarray) -> np.ndarray:
        """float32 ``(m, k)``: PCA with as many components as the code has numbers."""
        mean, axes = self._pca
        return torch.cat([(_flat(x) - mean).nan_to_num() @ axes for x in self.inputs(ids)]).numpy()

    def pca_reconstruction(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        """What PCA of the same size makes of samples, by field, in x-space."""
        mean, axes = self._pca
        flat = (_flat(x) - mean).nan_to_num() @ axes @ axes.T + mean
        parts = flat.split([batch.flatten(1).shape[1] for batch in x.values()], 1)
        return {name: part.view_as(batch) for (name, batch), part in zip(x.items(), parts, strict=True)}


def _flat(x: dict[str, Tensor]) -> Tensor:
    return torch.cat([batch.flatten(1) for batch in x.values()], 1)
