"""Diagnosis of a finished training, in plain words and from measured quantities."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from aeexplorer.training.run import Run


@dataclass(frozen=True)
class Finding:
    """One observation about a training."""

    kind: str
    severity: Literal["good", "note", "problem"]
    text: str
    """Observation, with its numbers."""
    advice: str
    """Changes to try."""


@dataclass(frozen=True)
class Evidence:
    """Data that a diagnosis is based on."""

    history: Sequence[Mapping[str, Any]]
    """Progress events, oldest first."""
    metrics: Mapping[str, Any]
    """Metrics of the finished run, as in ``metrics.json``."""
    rate: float
    """Highest learning rate."""

    def curve(self, group: str, key: str) -> np.ndarray:
        """Return the values of a quantity during training, float64 ``(m,)``; events without the quantity are left out."""
        return np.array([event[group][key] for event in self.history if key in event[group]], float)

    @property
    def errors(self) -> np.ndarray:
        """Mean squared error in training, averaged over each epoch to remove differences between batches: ``(epochs,)``."""
        epochs = np.array([int(np.ceil(event["epoch"])) for event in self.history])
        errors = self.curve("metrics", "mse")
        return np.array([errors[epochs == epoch].mean() for epoch in np.unique(epochs)])

    @property
    def held_out(self) -> Mapping[str, Any]:
        """Metrics of the test split; of the validation or training split where there is no test split."""
        return next(self.metrics[name] for name in ("test", "validation", "train") if name in self.metrics)


MAX_JUMP = 0.15
"""Median relative change of the error between epochs above which a curve does not settle."""
MIN_FALL = 0.05
"""Relative fall of the error over the last tenth of the epochs from which a curve is still falling."""
MAX_GAP = 1.3
"""Ratio of held-out to training error from which a model overfits."""


def diagnose(run: Run) -> list[Finding]:
    """Diagnose a finished run.

    Returns
    -------
    list of Finding
        Worst findings first. If there is no problem, one finding says so.
    """
    evidence = Evidence(run.history(), run.metrics, run.config.training.learning_rate)
    return findings_from(evidence)


def findings_from(evidence: Evidence) -> list[Finding]:
    """Diagnose a training from its evidence; returns the same findings as `diagnose`."""
    findings = [finding for check in _CHECKS if (finding := check(evidence))]
    # two checks may find the same kind of problem: keep the first finding
    by_kind: dict[str, Finding] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, finding)
    if not any(finding.severity == "problem" for finding in findings):
        by_kind["sound"] = _no_problem(evidence, "still_falling" not in by_kind)
    return sorted(by_kind.values(), key=lambda finding: ("problem", "note", "good").index(finding.severity))


def _no_problem(evidence: Evidence, levelled_off: bool) -> Finding:
    mse, pca = evidence.held_out["mse"], evidence.metrics["pca"]["mse"]
    compared = f", {mse / pca:.0%} of PCA's" if pca > 1e-8 else ""
    curves = ", and the training curves have levelled off" if levelled_off and len(evidence.errors) > 1 else ""
    return Finding("sound", "good", f"No problem was found: the error is {mse:.5f}{compared}{curves}.", "")


def _check_collapse(evidence: Evidence) -> Finding | None:
    variance_kept = evidence.metrics.get("health", {}).get("variance_kept")
    if variance_kept is None or variance_kept > 0.1:
        return None
    return Finding(
        "collapse",
        "problem",
        f"All reconstructions look nearly the same: the outputs have only {variance_kept:.1%} of the variance of the inputs.",
        "Lower the learning rate. In a VAE, lower β or lengthen the warm-up of the KL term. Check activation and initialisation.",
    )


def _check_divergence(evidence: Evidence) -> Finding | None:
    variance_kept = evidence.metrics.get("health", {}).get("variance_kept", 1.0)
    if variance_kept < 3:
        return None
    return Finding(
        "rate_too_high",
        "problem",
        f"Training diverged: the outputs have {variance_kept:,.0f} times the variance of the inputs.",
        f"The learning rate of {evidence.rate:g} is too high. Try {evidence.rate / 10:.1g}, or set the gradient clip to 5.",
    )


def _check_saturation(evidence: Evidence) -> Finding | None:
    share = evidence.metrics.get("health", {}).get("saturated", 0.0)
    if share < 0.5:
        return None
    return Finding(
        "saturated",
        "problem",
        f"In one layer, {share:.0%} of the sigmoid or tanh units are saturated, so almost no gradient passes through them.",
        "Use relu, silu or gelu, a lower learning rate, or Xavier initialisation.",
    )


def _check_dead_units(evidence: Evidence) -> Finding | None:
    share = evidence.metrics.get("health", {}).get("dead", 0.0)
    if share < 0.4:
        return None
    return Finding(
        "dead",
        "problem",
        f"In one layer, {share:.0%} of the ReLU units are dead: their output is zero for every sample.",
        "Lower the learning rate, or use leaky_relu, silu or gelu.",
    )


def _check_unstable_error(evidence: Evidence) -> Finding | None:
    errors = evidence.errors
    late = errors[len(errors) // 2 :]
    if len(late) < 4:
        return None
    jumps = float(np.median(np.abs(np.diff(late))) / max(np.median(late), 1e-12))
    increase = float(late[-1] / max(errors.min(), 1e-12))
    if jumps < MAX_JUMP and increase < 2:
        return None
    if jumps >= MAX_JUMP:
        change = f"it changes by {jumps:.0%} from epoch to epoch"
    else:
        change = f"it ends at {increase:.1f} times its minimum"
    return Finding(
        "rate_too_high",
        "problem",
        f"The training error does not settle: {change}. The learning rate of {evidence.rate:g} is probably too high.",
        f"Try a learning rate of {evidence.rate / 5:.1g}, a decaying schedule, or larger batches.",
    )


def _check_underfitting(evidence: Evidence) -> Finding | None:
    mse, pca = evidence.held_out["mse"], evidence.metrics["pca"]["mse"]
    # a denoising model may have a higher error, because it also has to repair its inputs
    tolerance = 2 if "corrupted_mse" in evidence.held_out else 1.1
    if pca < 1e-8 or mse < tolerance * pca:
        return None
    return Finding(
        "underfit",
        "problem",
        f"The error of {mse:.5f} is {mse / pca:.1f} times that of PCA with {evidence.metrics['pca']['components']} components.",
        "Train for more epochs, use a wider or deeper network, a weaker penalty, or another learning rate.",
    )


def _check_still_falling(evidence: Evidence) -> Finding | None:
    errors = evidence.errors
    tenth = max(1, len(errors) // 10)
    if len(errors) < 2:
        return None
    before, last = errors[-2 * tenth : -tenth].mean(), errors[-tenth:].mean()
    fall = 1 - last / max(before, 1e-12)
    if fall < MIN_FALL:
        return None
    period = "epoch" if tenth == 1 else f"{tenth} epochs"
    text = f"The training error still fell by {fall:.0%} over the last {period}."
    return Finding("still_falling", "note", text, "Train for more epochs.")


def _check_overfitting(evidence: Evidence) -> Finding | None:
    curve = evidence.curve("metrics", "validation_mse")
    if "train" not in evidence.metrics or len(curve) < 3:
        return None
    train, held_out = evidence.metrics["train"]["mse"], evidence.held_out["mse"]
    best = int(curve.argmin())
    is_rising = curve[-1] > 1.02 * curve.min()
    if held_out < MAX_GAP * train or not is_rising:
        return None
    return Finding(
        "overfit",
        "problem",
        f"The model overfits: the error is {train:.5f} on training samples and {held_out:.5f} on unseen samples, and the "
        f"validation error was lowest after epoch {best + 1} of {len(curve)}.",
        "Stop early (patience), or use a shorter code, a smaller network, dropout, weight decay, noise, or more data.",
    )


def _check_inactive_latents(evidence: Evidence) -> Finding | None:
    active = evidence.held_out.get("active_units")
    dimensions = len(evidence.held_out.get("kl_per_dimension", ()))
    if active is None or active > 0.25 * dimensions:
        return None
    return Finding(
        "posterior_collapse",
        "problem" if active == 0 else "note",
        f"Only {active:.0f} of {dimensions} latent dimensions are active. In the others, the KL term has pushed the posterior "
        "onto the prior, so they carry no information.",
        "Lower β, lengthen the warm-up of the KL term, allow free bits, use the optimal-σ likelihood, or shorten the code.",
    )


def _check_unused_codes(evidence: Evidence) -> Finding | None:
    usage = evidence.held_out.get("codebook_usage")
    if usage is None or usage > 0.5:
        return None
    return Finding(
        "codebook_collapse",
        "problem" if usage < 0.1 else "note",
        f"Only {usage:.0%} of the codebook entries are used.",
        "Initialise the codebook with k-means, restart dead entries, update the entries with moving averages, or use shorter or "
        "fewer entries.",
    )


_CHECKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    _check_divergence,
    _check_collapse,
    _check_saturation,
    _check_dead_units,
    _check_unstable_error,
    _check_inactive_latents,
    _check_unused_codes,
    _check_overfitting,
    _check_underfitting,
    _check_still_falling,
)
