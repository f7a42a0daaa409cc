"""Checks of how well the model fits: on held-out samples, on training samples, beside PCA."""

from typing import Any

from aeexplorer.analysis.runs.diagnosis.evidence import Evidence, Finding

MAX_GAP, LARGE_GAP = 1.3, 2.0
"""Ratios of held-out to training error from which a model overfits, and overfits so much that it is a problem by itself."""
MAX_GAP_NATS = 0.13
"""Gap between the ELBO on training and held-out samples, per feature, from which a VAE overfits: ½ log 1.3."""
MIN_FALL = 0.05
"""Relative fall of the error over the last tenth of the epochs from which a curve is still falling."""


def check_overfitting(evidence: Evidence) -> Finding | None:
    """Find a model that is clearly better on training samples than on held-out ones."""
    gap = _gap(evidence)
    if gap is None or _is_worse_than_pca_in_training(evidence):
        return None
    ratio, text = gap
    is_problem = ratio >= LARGE_GAP or evidence.judgement.standing == "worse"
    curve = evidence.curve("metrics", "validation_mse")
    if len(curve) >= 3 and curve[-1] > 1.02 * curve.min():
        text += f" The validation error was lowest after epoch {int(curve.argmin()) + 1} of {len(curve)}."
        is_problem = True
    advice, changes = _restrain(evidence)
    severity = "problem" if is_problem else "note"
    explains = frozenset({"underfit", "still_falling"})
    return Finding("overfit", severity, f"The model overfits: {text}", advice, changes, explains)  # type: ignore[arg-type]


def _gap(evidence: Evidence) -> tuple[float, str] | None:
    """Return how many times the training error the held-out error is, and a sentence; None if it does not overfit."""
    if "train" not in evidence.metrics or evidence.split == "train":
        return None
    train, held_out = evidence.metrics["train"], evidence.held_out
    ratio = held_out["mse"] / max(train["mse"], 1e-12)
    features = evidence.metrics.get("features", 0)
    if features and "elbo" in train and "log_likelihood" in evidence.metrics["pca"].get("active", {}):
        nats = train["elbo"] - held_out["elbo"]
        if nats / features > MAX_GAP_NATS:
            text = f"the ELBO is {train['elbo']:,.1f} nats on training samples and {held_out['elbo']:,.1f} on unseen samples."
            return max(ratio, 1 + nats / features), text
    if ratio < MAX_GAP or held_out["mse"] < 1e-7:
        return None
    errors = f"{evidence.format_error(train['mse'])} on training samples and {evidence.format_error(held_out['mse'])}"
    return ratio, f"the {evidence.error_name} is {errors} on unseen samples, {ratio:.3g} times as much."


def _is_worse_than_pca_in_training(evidence: Evidence) -> bool:
    """Return whether the model is worse than PCA even on the samples it was trained on, so that it fits too little."""
    train = evidence.metrics["train"]
    baseline = evidence.metrics["pca"].get("active", evidence.metrics["pca"])
    if evidence.judgement.standing != "worse":
        return False
    if "elbo" in train and "log_likelihood" in baseline:
        return bool(train["elbo"] < baseline["log_likelihood"])
    return bool(train["mse"] > 1.1 * baseline["mse"] > 0)


def _restrain(evidence: Evidence) -> tuple[str, dict[str, Any]]:
    """Return the first remedy for overfitting that is not in use yet, and its changes."""
    settings = evidence.settings
    if settings.get("training.patience") == 0:
        return "Stop early: set the patience to 15 epochs, which keeps the best weights.", {"training.patience": 15}
    if settings.get("training.weight_decay") == 0:
        changes = {"training.optimizer": "adamw", "training.weight_decay": 0.1}
        return "Use AdamW with a weight decay of 0.1.", changes
    if settings.get("model.dropout") == 0 and settings.get("model.network") != "linear":
        return "Use dropout: 0.2.", {"model.dropout": 0.2}
    hidden = settings.get("model.hidden", 0)
    if hidden >= 64:
        return f"Use a smaller network: {hidden // 2} hidden units instead of {hidden}.", {"model.hidden": hidden // 2}
    return "Collect more data, or shorten the code.", {}


def check_underfitting(evidence: Evidence) -> Finding | None:
    """Find a model that is worse than PCA."""
    judgement = evidence.judgement
    if judgement.standing != "worse":
        return None
    text = (
        f"The model is worse than PCA with {judgement.components} components: its {judgement.name} is {judgement.value_text}, "
        f"PCA's is {judgement.pca_text} ({judgement.words})."
    )
    advice, changes = _strengthen(evidence)
    return Finding("underfit", "problem", text, advice, changes, frozenset({"still_falling"}))


def _strengthen(evidence: Evidence) -> tuple[str, dict[str, Any]]:
    """Return the first remedy for underfitting that fits the evidence, and its changes."""
    settings = evidence.settings
    epochs = int(settings.get("training.epochs", 20))
    if (fall := _late_fall(evidence)) is None or fall >= MIN_FALL:
        longer = min(10_000, max(2 * epochs, 20))
        return f"Train longer: {longer:,} epochs instead of {epochs:,}.", {"training.epochs": longer}
    if evidence.rate < evidence.usual_rate / 3:
        usual = evidence.usual_rate
        return f"Raise the learning rate from {evidence.rate:g} to {usual:g}.", {"training.learning_rate": usual}
    if settings.get("model.bottleneck.beta", 0) > 1:
        return f"Lower β from {settings['model.bottleneck.beta']:g} to 1.", {"model.bottleneck.beta": 1.0}
    if settings.get("training.weight_decay", 0) > 0.01:
        return f"Set the weight decay from {settings['training.weight_decay']:g} to 0.", {"training.weight_decay": 0.0}
    if settings.get("model.dropout", 0) > 0:
        return "Set the dropout to 0.", {"model.dropout": 0.0}
    if "model.hidden" in settings:
        hidden, channels = int(settings["model.hidden"]), int(settings["model.channels"])
        changes = {"model.hidden": min(2 * hidden, 4096), "model.channels": min(2 * channels, 256)}
        return "Use a network that is twice as wide.", changes
    return "Train for more epochs, or use a wider network.", {}


def _late_fall(evidence: Evidence) -> float | None:
    """Return the relative fall of the training error over the last tenth of the epochs; None for a single epoch."""
    errors = evidence.errors
    if len(errors) < 2:
        return None
    tenth = max(1, len(errors) // 10)
    before, last = errors[-2 * tenth : -tenth].mean(), errors[-tenth:].mean()
    return float(1 - last / max(before, 1e-12))


def check_still_falling(evidence: Evidence) -> Finding | None:
    """Find an error that was still falling when the training ended."""
    fall = _late_fall(evidence)
    if fall is None or fall < MIN_FALL:
        return None
    tenth = max(1, len(evidence.errors) // 10)
    period = "epoch" if tenth == 1 else f"{tenth} epochs"
    epochs = int(evidence.settings.get("training.epochs", len(evidence.errors)))
    longer = min(10_000, 2 * epochs)
    return Finding(
        "still_falling",
        "note",
        f"The training error still fell by {fall:.0%} over the last {period}.",
        f"Train longer: {longer:,} epochs instead of {epochs:,}.",
        {"training.epochs": longer},
    )


def describe_fit(evidence: Evidence, findings: list[Finding]) -> Finding:
    """Say how good a model without problems is. It is good only if it is at least close to PCA and does not overfit."""
    judgement = evidence.judgement
    beside = f", {judgement.words}" if judgement.words else ""
    kinds = {finding.kind for finding in findings}
    curves = ", and the training curves have levelled off" if "still_falling" not in kinds and len(evidence.errors) > 1 else ""
    text = f"The {judgement.name} on the {judgement.split} split is {judgement.value_text}{beside}"
    if judgement.standing == "close":
        return Finding("close", "note", f"{text}: no better than PCA with {judgement.components} components{curves}.")
    if "overfit" in kinds:
        return Finding("fit", "note", f"{text}.")
    return Finding("sound", "good", f"No problem was found. {text}{curves}.")
