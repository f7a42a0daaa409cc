"""The metrics of a finished run, next to those of PCA, and a diagnosis."""

from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aeexplorer.analysis.runs.diagnosis import diagnose
from aeexplorer.analysis.runs.quality.measuring import cached_measurement
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background
from aeexplorer.ui.train.times import format_duration

EXACT_ERROR = 1e-8
"""Mean squared error of PCA below which it reconstructs exactly, so that there is nothing to compare with."""
_PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off", "width": "content"}

_BOXES = {"good": st.success, "note": st.info, "problem": st.warning}
_ICONS = {"good": ":material/check:", "note": ":material/info:", "problem": ":material/stethoscope:"}


def show_results(run: Run) -> None:
    """Draw the test error next to that of PCA (for texts, the share of correct tokens), other metrics and a diagnosis."""
    metrics = run.metrics
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    values, pca = metrics[split], metrics["pca"]
    row = st.container(horizontal=True, gap="large")
    if run.dataset.of_texts:
        _show_tokens(row, run)
    else:
        comparison, colour = compare_with_pca(values["mse"], pca["mse"])
        style: dict[str, Any] = _PLAIN | {"delta_color": colour}
        row.metric(f"Mean squared error, {split}", f"{values['mse']:.5f}", comparison, **style)
        row.metric(f"PCA, {pca['components']} components", f"{pca['mse']:.5f}", width="content")
    if "elbo" in values:
        row.metric("ELBO, nats per sample", f"{values['elbo']:.1f}", width="content")
    if "active_units" in values:
        row.metric("Active units", f"{values['active_units']:.0f} of {len(values['kl_per_dimension'])}", width="content")
    if "codebook_usage" in values:
        row.metric("Codes used", f"{values['codebook_usage']:.0%}", f"perplexity {values['perplexity']:.0f}", **_PLAIN)
    if metrics["samples_per_second"]:
        row.metric("Time", format_duration(metrics["seconds"]), f"{metrics['samples_per_second']:,.0f} samples/s", **_PLAIN)
    is_trained_here = isinstance(run.config.model, ModelConfig)
    for finding in diagnose(run):
        advice = finding.advice if is_trained_here else ""
        _BOXES[finding.severity](f"{finding.text} {advice}".strip(), icon=_ICONS[finding.severity])


def _show_tokens(row: DeltaGenerator, run: Run) -> None:
    """Draw the share of correct tokens, once it is measured."""
    measurement = cached_measurement(run, "texts")
    if measurement is None:
        status = background.request(run.id, "quality texts")
        reason = status.reason if status.state == "failed" else "being measured"
        row.badge(escape(f"Tokens right: {reason}"), icon=":material/hourglass_empty:", color="gray")
        if status.state != "failed":
            background.rerun_when_done(run.id, ["quality texts"])
        return
    correct, nats = measurement.figures["tokens_right"], measurement.figures["nats_per_token"]
    components = run.metrics["pca"]["components"]
    row.metric(f"Tokens right, {measurement.split}", f"{correct.value:.1%}", width="content")
    row.metric(f"PCA, {components} components", f"{correct.pca:.1%}", width="content")
    baseline = measurement.figures["unigram_nats_per_token"].value
    row.metric("Cross-entropy, nats per token", f"{nats.value:.2f}", f"{baseline:.2f} by frequency alone", **_PLAIN)


def compare_with_pca(error: float, pca: float) -> tuple[str | None, Literal["green", "red", "off"]]:
    """Return the error relative to that of PCA in words, and the colour of the words.

    The words are None if PCA reconstructs exactly, for example with as many components as features.
    """
    if pca < EXACT_ERROR:
        return None, "off"
    ratio = error / pca
    if ratio > 2:
        return f"{ratio:,.1f} times PCA's", "red"
    return (f"{1 - ratio:.0%} below PCA", "green") if ratio <= 1 else (f"{ratio - 1:.0%} above PCA", "red")
