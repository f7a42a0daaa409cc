"""Interface of a family of metrics, and the data that metrics are computed on.

Each module of this folder defines one `Family`.
"""

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
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.pca import PrincipalComponents, fit_pca

BATCH = 256
MAX_FIT_SAMPLES = 10_000
"""Number of training samples that a probe, a forest or the statistics of features are fitted on."""

_ARROWS = {"higher": "↑", "lower": "↓", "": ""}


@dataclass(frozen=True)
class Metric:
    """Description of one metric.

    Parameters
    ----------
    key
        Name in JSON.
    title
        Name shown in the app.
    help
        One sentence that explains the metric and names the paper.
    better
        Direction of better values; empty if neither direction is better.
    format_spec
        Format specification of a value, as for `format`.
    unit
        Unit of the value; may be empty.
    """

    key: str
    title: str
    help: str
    better: Literal["higher", "lower", ""] = ""
    format_spec: str = ".4g"
    unit: str = ""

    @property
    def title_with_arrow(self) -> str:
        """Title with an arrow in the direction of better values."""
        return f"{self.title} {_ARROWS[self.better]}".rstrip()

    def format_value(self, value: float | list[float] | None) -> str:
        """Format a value with its unit, or a list of values separated by commas; empty for None."""
        if value is None:
            return ""
        if isinstance(value, list):
            return ", ".join(format(item, self.format_spec) for item in value)
        return f"{value:{self.format_spec}} {self.unit}".rstrip()


@dataclass(frozen=True)
class Figure:
    """Value of a metric.

    Parameters
    ----------
    value
        The value; for a list, one value per latent dimension.
    pca
        The value of PCA of the same size, if it has one.
    note
        What limits this value; empty if nothing does.
    """

    value: float | list[float]
    pca: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Family:
    """Metrics that are computed together.

    Parameters
    ----------
    name
        Name in file names and commands.
    title
        Name shown in the app.
    place
        Position in the order of the families.
    needs
        Features that a run must have, see `aeexplorer.analysis.features.features`.
    metrics
        Metrics that `measure` may return, in order. Metrics that are not defined for a run are left out.
    measure
        Function that computes the metrics of a run, by key.
    split
        Split that the metrics are computed on; empty for the last split that is not empty.
    """

    name: str
    title: str
    place: int
    needs: frozenset[str]
    metrics: tuple[Metric, ...]
    measure: "Callable[[EvaluationData], dict[str, Figure]]"
    split: str = ""


@dataclass(frozen=True)
class EvaluationData:
    """Data that metrics are computed on: a run with results, its test split, and PCA of the same size."""

    run: Run

    @property
    def model(self) -> Autoencoder:
        """Trained model of the run."""
        return self.run.model

    @cached_property
    def split(self) -> str:
        """Name of the last split that is not empty: test, validation or train."""
        return next(name for name in reversed(SPLITS) if len(self.run.dataset.ids(name)))

    @cached_property
    def test(self) -> np.ndarray:
        """Ids of all samples of that split."""
        return self.run.dataset.ids(self.split)

    @cached_property
    def train(self) -> np.ndarray:
        """Ids of at most 10,000 samples of the training split, drawn with a fixed seed."""
        return np.random.default_rng(0).permutation(self.run.dataset.ids("train"))[:MAX_FIT_SAMPLES].astype(np.int32)

    def inputs(self, ids: np.ndarray, batch: int = BATCH) -> Iterator[dict[str, Tensor]]:
        """Yield batches of samples in x-space, by field."""
        for start in range(0, len(ids), batch):
            yield self.model.prepare(self.run.raw(ids[start : start + batch]))

    def codes(self, ids: np.ndarray) -> Iterator[tuple[dict[str, Tensor], Code]]:
        """Yield batches of samples in x-space with their codes."""
        for x in self.inputs(ids):
            with torch.inference_mode():
                yield x, self.model.encode(x)

    def posterior(self, ids: np.ndarray) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the posteriors of samples, ``(m, d)`` each. The bottleneck must have a posterior."""
        pairs = [(code.mean, code.logvar) for _, code in self.codes(ids)]
        means, logvars = ([part for part in parts if part is not None] for parts in zip(*pairs, strict=True))
        return torch.cat(means), torch.cat(logvars)

    @cached_property
    def pca(self) -> PrincipalComponents:
        """The PCA that the run's PCA error was computed with."""
        return fit_pca(self.model, self.run.dataset, int(self.run.metrics["pca"]["components"]))

    def pca_latents(self, ids: np.ndarray) -> np.ndarray:
        """Return the latents of PCA with as many components as the code has numbers: float32 ``(m, k)``."""
        return torch.cat([self.pca.latents(x) for x in self.inputs(ids)]).numpy()
