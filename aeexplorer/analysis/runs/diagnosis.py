"""What went wrong in a training, or did not, in plain words, from measured quantities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Finding:
    """One thing worth knowing about a training."""

    kind: str
    severity: Literal["good", "note", "problem"]
    text: str
    """What is seen, with its figures."""
    advice: str
    """What to try."""


@dataclass(frozen=True)
class Evidence:
    """What a diagnosis goes by."""

    history: Sequence[Mapping[str, Any]]
    """Progress events, oldest first."""
    metrics: Mapping[str, Any]
    """Of the finished run, as in ``metrics.json``."""
    rate: float
    """The highest learning rate."""

    def curve(self, group: str, key: str) -> np.ndarray:
        """A quantity over the training: float64 ``(m,)``."""
        return np.array([event[group][key] for event in self.history if key in event[group]], float)

    @property
    def errors(self) -> np.ndarray:
        """The mean squared error in training, averaged over each epoch, which evens out what differs from batch to batch."""
        epochs = np.array([int(np.ceil(event["epoch"])) for event in self.history])
        errors = self.curve("metrics", "mse")
        return np.array([errors[epochs == epoch].mean() for epoch in np.unique(epochs)])

    @property
    def held_out(self) -> Mapping[str, Any]:
        """The figures of the test split, or of the best stand-in for it."""
        return next(self.metrics[name] for name in ("test", "validation", "train") if name in self.metrics)


JUMPY = 0.15
FALLING = 0.05
GAP = 1.3


def diagnose(run: Run) -> list[Finding]:
    """What is seen in a finished run, the worst first; one finding says so where nothing stands out."""
    evidence = Evidence(run.history(), run.metrics, run.config.training.learning_rate)
    return findings(evidence)


def findings(evidence: Evidence) -> list[Finding]:
    """As `diagnose`, from the evidence itself."""
    seen = [finding for look in _LOOKS if (finding := look(evidence))]
    kinds: dict[str, Finding] = {}
    for finding in seen:
        kinds.setdefault(finding.kind, finding)
    if not any(finding.severity == "problem" for finding in seen):
        kinds["sound"] = _sound(evidence, "still_falling" not in kinds)
    return sorted(kinds.values(), key=lambda finding: ("problem", "note", "good").index(finding.severity))


def _sound(evidence: Evidence, resting: bool) -> Finding:
    mse, pca = evidence.held_out["mse"], evidence.metrics["pca"]["mse"]
    beside = f", {mse / pca:.0%} of PCA's" if pca > 1e-8 else ""
    rest = ", and the curves came to rest" if resting and len(evidence.errors) > 1 else ""
    return Finding("sound", "good", f"Nothing went wrong: the error is {mse:.5f}{beside}{rest}.", "")


def _collapsed(evidence: Evidence) -> Finding | None:
    kept = evidence.metrics.get("health", {}).get("variance_kept")
    if kept is None or kept > 0.1:
        return None
    return Finding(
        "collapse",
        "problem",
        f"Every sample comes out nearly the same: the outputs have {kept:.1%} of the inputs' variance.",
        "Lower the learning rate; in a VAE lower β or warm the KL term up for longer; check activation and initialisation.",
    )


def _runaway(evidence: Evidence) -> Finding | None:
    kept = evidence.metrics.get("health", {}).get("variance_kept", 1.0)
    if kept < 3:
        return None
    return Finding(
        "rate_too_high",
        "problem",
        f"The model ran away: its outputs vary {kept:,.0f} times as much as the inputs.",
        f"The learning rate of {evidence.rate:g} is too high: try {evidence.rate / 10:.1g}, or the gradient clip at 5.",
    )


def _saturated(evidence: Evidence) -> Finding | None:
    share = evidence.metrics.get("health", {}).get("saturated", 0.0)
    if share < 0.5:
        return None
    return Finding(
        "saturated",
        "problem",
        f"In one layer {share:.0%} of the sigmoid or tanh outputs are so flat that hardly any gradient passes.",
        "Take relu, silu or gelu, a smaller learning rate, or Xavier initialisation.",
    )


def _dead(evidence: Evidence) -> Finding | None:
    share = evidence.metrics.get("health", {}).get("dead", 0.0)
    if share < 0.4:
        return None
    return Finding(
        "dead",
        "problem",
        f"In one layer {share:.0%} of the ReLU units are zero for every sample: they are dead.",
        "Lower the learning rate, or take leaky_relu, silu or gelu.",
    )


def _jumpy(evidence: Evidence) -> Finding | None:
    errors = evidence.errors
    late = errors[len(errors) // 2 :]
    if len(late) < 4:
        return None
    jumps = float(np.median(np.abs(np.diff(late))) / max(np.median(late), 1e-12))
    worse = float(late[-1] / max(errors.min(), 1e-12))
    if jumps < JUMPY and worse < 2:
        return None
    seen = f"it jumps by {jumps:.0%} from one epoch to the next" if jumps >= JUMPY else f"it ends at {worse:.1f} times its lowest"
    return Finding(
        "rate_too_high",
        "problem",
        f"The error does not settle: {seen}. The learning rate of {evidence.rate:g} is probably too high.",
        f"Try {evidence.rate / 5:.1g}, a schedule that falls, or larger batches.",
    )


def _underfit(evidence: Evidence) -> Finding | None:
    mse, pca = evidence.held_out["mse"], evidence.metrics["pca"]["mse"]
    bearable = 2 if "corrupted_mse" in evidence.held_out else 1.1  # it learns to mend its inputs besides
    if pca < 1e-8 or mse < bearable * pca:
        return None
    return Finding(
        "underfit",
        "problem",
        f"The error, {mse:.5f}, is {mse / pca:.1f} times PCA's with {evidence.metrics['pca']['components']} components.",
        "Train for more epochs, take a wider or deeper network, a weaker penalty, or another learning rate.",
    )


def _still_falling(evidence: Evidence) -> Finding | None:
    errors = evidence.errors
    tenth = max(1, len(errors) // 10)
    if len(errors) < 2:
        return None
    before, last = errors[-2 * tenth : -tenth].mean(), errors[-tenth:].mean()
    fall = 1 - last / max(before, 1e-12)
    if fall < FALLING:
        return None
    part = "epoch" if tenth == 1 else f"{tenth} epochs"
    return Finding("still_falling", "note", f"The error still fell by {fall:.0%} over the last {part}.", "Train for more epochs.")


def _overfit(evidence: Evidence) -> Finding | None:
    curve = evidence.curve("metrics", "validation_mse")
    if "train" not in evidence.metrics or len(curve) < 3:
        return None
    train, held_out = evidence.metrics["train"]["mse"], evidence.held_out["mse"]
    best = int(curve.argmin())
    rising = curve[-1] > 1.02 * curve.min()
    if held_out < GAP * train or not rising:
        return None
    return Finding(
        "overfit",
        "problem",
        f"It learned its training samples by heart: their error is {train:.5f}, that of unseen ones {held_out:.5f}, "
        f"and the validation error was lowest after epoch {best + 1} of {len(curve)}.",
        "Stop early (patience), use a shorter code or a smaller network, dropout, weight decay or noise; or find more data.",
    )


def _inactive(evidence: Evidence) -> Finding | None:
    active = evidence.held_out.get("active_units")
    dimensions = len(evidence.held_out.get("kl_per_dimension", ()))
    if active is None or active > 0.25 * dimensions:
        return None
    return Finding(
        "posterior_collapse",
        "problem" if active == 0 else "note",
        f"Only {active:.0f} of {dimensions} latent dimensions carry anything: the KL term has pressed the others flat.",
        "Lower β, warm the KL term up for longer, allow free bits, or take the optimal-σ likelihood. Or shorten the code.",
    )


def _unused(evidence: Evidence) -> Finding | None:
    usage = evidence.held_out.get("codebook_usage")
    if usage is None or usage > 0.5:
        return None
    return Finding(
        "codebook_collapse",
        "problem" if usage < 0.1 else "note",
        f"Only {usage:.0%} of the codebook is used.",
        "Start from k-means, restart dead entries, follow by moving averages, shorten the entries, or take fewer of them.",
    )


_LOOKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    _runaway,
    _collapsed,
    _saturated,
    _dead,
    _jumpy,
    _inactive,
    _unused,
    _overfit,
    _underfit,
    _still_falling,
)
