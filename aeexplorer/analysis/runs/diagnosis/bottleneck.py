"""Checks of the code: latent dimensions and codebook entries that hold nothing."""

import math
from typing import Any

from aeexplorer.analysis.runs.diagnosis.evidence import Evidence, Finding

ACTIVE_SHARE = 0.25
"""Share of active latent dimensions below which the code is much longer than needed."""
USED_SHARE, BADLY_USED_SHARE = 0.5, 0.1
"""Shares of the entries that could be used below which the use of a codebook is noted, and is a problem."""


def check_inactive_latents(evidence: Evidence) -> Finding | None:
    """Find a posterior that equals the prior in most dimensions."""
    active = evidence.held_out.get("active_units")
    dimensions = len(evidence.held_out.get("kl_per_dimension", ()))
    if active is None or not active <= ACTIVE_SHARE * dimensions:  # the latter also where it is NaN
        return None
    advice, changes = _restore_latents(evidence, int(active))
    return Finding(
        "posterior_collapse",
        "problem" if active == 0 else "note",
        f"Only {active:.0f} of {dimensions} latent dimensions are active. In the others, the KL term has pushed the posterior "
        "onto the prior, so they carry no information.",
        advice,
        changes,
        frozenset({"collapse", "underfit", "still_falling"}) if active == 0 else frozenset(),
    )


def _restore_latents(evidence: Evidence, active: int) -> tuple[str, dict[str, Any]]:
    """Return the first remedy that is not in use yet, and its changes."""
    settings = evidence.settings
    bottleneck = "model.bottleneck"
    if settings.get(f"{bottleneck}.beta", 0) > 1:
        return f"Lower β from {settings[f'{bottleneck}.beta']:g} to 1.", {f"{bottleneck}.beta": 1.0}
    if settings.get("model.likelihood.kind") == "gaussian" and evidence.title != "Share of wrong tokens":
        return "Use the likelihood with the optimal σ: a fixed σ weighs the error too little.", {
            "model.likelihood": "optimal_sigma"
        }
    if active > 0:
        length = max(2, active)
        if settings.get(f"{bottleneck}.latent_dim", 0) > 2 * length:
            text = f"The code is longer than needed: {2 * length} dimensions are enough."
            return text, {f"{bottleneck}.latent_dim": 2 * length}
    if settings.get(f"{bottleneck}.free_bits") == 0:
        return "Allow 0.25 free bits for each dimension.", {f"{bottleneck}.free_bits": 0.25}
    if settings.get(f"{bottleneck}.kl_warmup", 1) < 0.5:
        return "Let the KL term grow over half of the training.", {f"{bottleneck}.kl_warmup": 0.5}
    return "Use a wider or deeper network, so that the code pays for itself.", {}


def check_unused_codes(evidence: Evidence) -> Finding | None:
    """Find a codebook of which the training samples use few entries."""
    values = evidence.metrics.get("train", evidence.held_out)
    usage = values.get("codebook_usage")
    if usage is None:
        return None
    counts = values.get("usage", ())
    size, tokens = len(counts), float(sum(counts))
    possible = min(1.0, tokens / size) if size and tokens else 1.0
    if usage > USED_SHARE * possible:
        return None
    advice, changes = _restore_codes(evidence, float(values.get("perplexity", 1)))
    entries = f" ({usage * size:,.0f} of {size:,})" if size else ""
    return Finding(
        "codebook_collapse",
        "problem" if usage < BADLY_USED_SHARE * possible else "note",
        f"The training samples use only {usage:.0%} of the codebook entries{entries}.",
        advice,
        changes,
    )


def _restore_codes(evidence: Evidence, perplexity: float) -> tuple[str, dict[str, Any]]:
    """Return the first remedy that is not in use yet, and its changes."""
    settings = evidence.settings
    bottleneck = "model.bottleneck"
    if settings.get(f"{bottleneck}.start") == "random":
        return "Start the codebook with k-means.", {f"{bottleneck}.start": "kmeans"}
    if settings.get(f"{bottleneck}.restart") == 0:
        return "Restart unused entries: set the restart threshold to 0.5.", {f"{bottleneck}.restart": 0.5}
    if settings.get(f"{bottleneck}.update") == "loss":
        return "Update the entries with moving averages.", {f"{bottleneck}.update": "ema"}
    size = settings.get(f"{bottleneck}.codebook_size")
    fewer = 2 ** math.ceil(math.log2(max(2.0, 2 * perplexity)))
    if size is not None and fewer < size:
        return f"These data need fewer entries: {fewer:,} instead of {size:,}.", {f"{bottleneck}.codebook_size": fewer}
    return "Use fewer entries, or more tokens per sample.", {}
