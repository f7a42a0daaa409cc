"""Checks of what makes a training fail as a whole: its data, its start, its learning rate, its units."""

import numpy as np

from aeexplorer.analysis.runs.diagnosis.evidence import Evidence, Finding

MAX_JUMP = 0.15
"""Mean relative change of the error up and down, from epoch to epoch, above which a curve does not settle."""
MIN_VARIANCE = 0.1
"""Share of the inputs' variance in the outputs below which all outputs look the same."""
MAX_VARIANCE = 3.0
"""The same share above which a training has diverged."""
DOMINATING_SHARE = 0.5
"""Share of the error of a split from which a few samples dominate it."""

_OF_FIT = frozenset({"overfit", "underfit", "still_falling"})
_OF_TRAINING = _OF_FIT | {"collapse", "dead", "saturated", "posterior_collapse", "codebook_collapse"}


def check_initialisation(evidence: Evidence) -> Finding | None:
    """Find initial weights that keep a network from learning."""
    start = evidence.settings.get("model.initialisation")
    if start not in ("zeros", "constant"):
        return None
    reason = "no gradient flows through a layer of zeros" if start == "zeros" else "all units of a layer stay the same"
    return Finding(
        "initialisation",
        "problem",
        f"The weights started as {start}: {reason}.",
        "Set the initialisation to default.",
        {"model.initialisation": "default"},
        _OF_TRAINING | {"rate_too_high"},
    )


def check_outside_samples(evidence: Evidence) -> Finding | None:
    """Find held-out samples far outside the training range."""
    outside = evidence.metrics.get("outside", ())
    if not outside:
        return None
    first = outside[0]
    name = f"sample {first['id']}" + (f" ({evidence.sample_name(first['id'])})" if evidence.sample_name else "")
    distance = f"{first['distance']:,.0f}" if first["distance"] >= 100 else f"{first['distance']:.3g}"
    part = f" in {first['part'] or first['field']}"
    others = f" {len(outside) - 1} more lie outside, too." if len(outside) > 1 else ""
    share = sum(sample["error_share"] for sample in outside)
    dominates = share > DOMINATING_SHARE
    of_error = f" Together they make up {share:.0%}" if len(outside) > 1 else f" It makes up {share:.0%}"
    return Finding(
        "outside",
        "problem" if dominates else "note",
        f"A sample of the {evidence.split} split lies far outside the training range: {name} is {distance} times "
        f"the training range away from it{part}.{others}{of_error} of the error of the split.",
        "Check the value. If it is a mistake, correct the file and upload it again; if it is not, split the data so that such "
        "samples are in training, too.",
        explains=_OF_FIT | {"rate_too_high", "collapse"} if dominates else frozenset(),
    )


def check_divergence(evidence: Evidence) -> Finding | None:
    """Find outputs that vary far more than the inputs."""
    variance = evidence.metrics.get("health", {}).get("variance_kept", 1.0)
    if variance is not None and variance < MAX_VARIANCE:
        return None
    advice, changes = evidence.lower_rate()
    amount = (
        "not finite" if variance is None or not np.isfinite(variance) else f"{variance:,.0f} times the variance of the inputs"
    )
    text = f"Training diverged: the variance of the outputs is {amount}."
    return Finding("rate_too_high", "problem", text, advice, changes, _OF_TRAINING)


def check_unstable_error(evidence: Evidence) -> Finding | None:
    """Find a training error that jumps up and down, or ends far above its minimum."""
    errors = evidence.errors
    late = errors[len(errors) // 2 :]
    if len(late) < 4:
        return None
    rises = np.diff(late).clip(min=0)
    jumps = float(2 * rises.mean() / max(np.median(late), 1e-12))  # every rise is followed by a fall
    increase = float(late[-1] / max(errors.min(), 1e-12))
    if jumps < MAX_JUMP and increase < 2:
        return None
    change = f"changes by {jumps:.0%} from epoch to epoch" if jumps >= MAX_JUMP else f"ends at {increase:.1f} times its minimum"
    advice, changes = evidence.lower_rate()
    text = f"The training error does not settle: it {change}. The learning rate of {evidence.rate:g} is probably too high."
    return Finding("rate_too_high", "problem", text, advice, changes, _OF_TRAINING)


def check_dead_units(evidence: Evidence) -> Finding | None:
    """Find ReLU units that are zero for every sample."""
    share = evidence.metrics.get("health", {}).get("dead", 0.0)
    if share < 0.4:
        return None
    advice, changes = (
        evidence.lower_rate()
        if evidence.has_high_rate
        else ("Set the activation to leaky_relu.", {"model.activation": "leaky_relu"})
    )
    text = f"In one layer, {share:.0%} of the ReLU units are dead: their output is zero for every sample."
    return Finding("dead", "problem", text, advice, changes, frozenset({"collapse", "underfit", "saturated"}))


def check_saturation(evidence: Evidence) -> Finding | None:
    """Find sigmoid and tanh units through which almost no gradient passes."""
    share = evidence.metrics.get("health", {}).get("saturated", 0.0)
    if share < 0.5:
        return None
    advice, changes = (
        evidence.lower_rate() if evidence.has_high_rate else ("Set the activation to silu.", {"model.activation": "silu"})
    )
    text = f"In one layer, {share:.0%} of the sigmoid or tanh units are saturated, so almost no gradient passes through them."
    return Finding("saturated", "problem", text, advice, changes, frozenset({"collapse", "underfit"}))


def check_collapse(evidence: Evidence) -> Finding | None:
    """Find outputs that are nearly the same for every input."""
    variance = evidence.metrics.get("health", {}).get("variance_kept")
    if variance is None or variance > MIN_VARIANCE:
        return None
    if evidence.has_high_rate or len(evidence.errors) > 20:
        advice, changes = evidence.lower_rate()
    else:
        epochs = min(10_000, 4 * int(evidence.settings.get("training.epochs", 20)))
        advice, changes = f"Train longer: {epochs:,} epochs.", {"training.epochs": epochs}
    text = f"All reconstructions look nearly the same: the outputs have only {variance:.1%} of the variance of the inputs."
    return Finding("collapse", "problem", text, advice, changes, frozenset({"underfit", "codebook_collapse", "still_falling"}))
