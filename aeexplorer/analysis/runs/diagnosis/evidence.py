"""What a diagnosis is based on, and what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from aeexplorer.analysis.runs.judgement import Judgement, judge_metrics
from aeexplorer.data.split import SPLITS
from aeexplorer.training.config import RunConfig

Severity = Literal["good", "note", "problem"]

USUAL_RATES = {"sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.03}
"""Learning rates that usually train well, of optimisers that do not adapt the step size to each weight."""
USUAL_RATE = 3e-3
"""Learning rate that usually trains well with all other optimisers."""


@dataclass(frozen=True)
class Finding:
    """One observation about a training.

    Parameters
    ----------
    kind
        Name of the kind of finding.
    severity
        ``problem``, ``note`` or ``good``.
    text
        Observation, with its numbers.
    advice
        What to change, with concrete values.
    changes
        Settings that the advice changes, by dotted path; empty if it changes none.
    explains
        Kinds of findings that this one causes.
    """

    kind: str
    severity: Severity
    text: str
    advice: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    explains: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Evidence:
    """Data that a diagnosis is based on.

    Parameters
    ----------
    history
        Progress events, oldest first.
    metrics
        Metrics of the finished run, as in ``metrics.json``.
    config
        Settings of the run; None for a model that was trained elsewhere.
    title
        Name of the error of a sample.
    sample_name
        Function from the id of a sample to its name; None without names.
    """

    history: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, Any]
    config: RunConfig | None = None
    title: str = "Mean squared error"
    sample_name: Callable[[int], str] | None = None

    def curve(self, group: str, key: str) -> np.ndarray:
        """Return the values of a quantity during training, float64 ``(m,)``; events without the quantity are left out."""
        return np.array([event[group][key] for event in self.history if event[group].get(key) is not None], float)

    @cached_property
    def errors(self) -> np.ndarray:
        """Error in training, averaged over each epoch to remove differences between batches: ``(epochs,)``."""
        epochs = np.array([int(np.ceil(event["epoch"])) for event in self.history])
        errors = np.array([_number(event["metrics"].get("mse")) for event in self.history], float)
        return np.array([errors[epochs == epoch].mean() for epoch in np.unique(epochs)])

    @property
    def split(self) -> str:
        """Name of the split that the model is judged on: test, or the last split that is not empty."""
        return next(name for name in reversed(SPLITS) if name in self.metrics)

    @property
    def held_out(self) -> Mapping[str, Any]:
        """Metrics of that split."""
        values: Mapping[str, Any] = self.metrics[self.split]
        return values

    @cached_property
    def judgement(self) -> Judgement:
        """The model beside PCA."""
        return judge_metrics(self.metrics, self.title)

    @cached_property
    def settings(self) -> Mapping[str, Any]:
        """Settings by dotted path; empty for a model that was trained elsewhere."""
        return {} if self.config is None else {path: value for path, _, value in self.config.leaves()}

    def format_error(self, error: float) -> str:
        """Format an error of samples: a percentage for shares, else five decimals."""
        return f"{error:.1%}" if self.title.startswith("Share") else f"{error:.5f}"

    @property
    def error_name(self) -> str:
        """Name of the error inside a sentence."""
        return self.title[:1].lower() + self.title[1:]

    @property
    def rate(self) -> float:
        """Highest learning rate."""
        return float(self.settings.get("training.learning_rate", USUAL_RATE))

    @property
    def usual_rate(self) -> float:
        """Learning rate that usually trains well with the optimiser of the run."""
        return USUAL_RATES.get(self.settings.get("training.optimizer", "adam"), USUAL_RATE)

    @property
    def has_high_rate(self) -> bool:
        """Whether the learning rate is more than three times the usual one."""
        return self.rate > 3 * self.usual_rate

    def lower_rate(self) -> tuple[str, dict[str, Any]]:
        """Return advice to lower the learning rate, and the change: to the usual rate, or to a third if it is not above."""
        target = self.usual_rate if self.has_high_rate else float(f"{self.rate / 3:.1g}")
        return f"Lower the learning rate from {self.rate:g} to {target:g}.", {"training.learning_rate": target}


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
