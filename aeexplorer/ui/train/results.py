"""The figures of a run that has ended, beside PCA's."""

from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aeexplorer.analysis.runs.diagnosis import diagnose
from aeexplorer.analysis.runs.quality.measuring import cached_measurement
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background
from aeexplorer.ui.train.times import duration

EXACT = 1e-8
_PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off", "width": "content"}

_BOXES = {"good": st.success, "note": st.info, "problem": st.warning}
_ICONS = {"good": ":material/check:", "note": ":material/info:", "problem": ":material/stethoscope:"}


def show_results(run: Run) -> None:
    """Error over the test split beside PCA's (of texts, the tokens that come back), what the bottleneck reports, a diagnosis."""
    metrics = run.metrics
    split = next(name for name in ("test", "validation", "train") if name in metrics)
    found, pca = metrics[split], metrics["pca"]
    row = st.container(horizontal=True, gap="large")
    if run.dataset.is_text:
        _show_tokens(row, run)
    else:
        beside, colour = beside_pca(found["mse"], pca["mse"])
        look: dict[str, Any] = _PLAIN | {"delta_color": colour}
        row.metric(f"Mean squared error, {split}", f"{found['mse']:.5f}", beside, **look)
        row.metric(f"PCA, {pca['components']} components", f"{pca['mse']:.5f}", width="content")
    if "elbo" in found:
        row.metric("ELBO, nats a sample", f"{found['elbo']:.1f}", width="content")
    if "active_units" in found:
        row.metric("Active units", f"{found['active_units']:.0f} of {len(found['kl_per_dimension'])}", width="content")
    if "codebook_usage" in found:
        row.metric("Codes used", f"{found['codebook_usage']:.0%}", f"perplexity {found['perplexity']:.0f}", **_PLAIN)
    if metrics["samples_per_second"]:
        row.metric("Time", duration(metrics["seconds"]), f"{metrics['samples_per_second']:,.0f} samples/s", **_PLAIN)
    trained_here = isinstance(run.config.model, ModelConfig)
    for finding in diagnose(run):
        advice = finding.advice if trained_here else ""
        _BOXES[finding.severity](f"{finding.text} {advice}".strip(), icon=_ICONS[finding.severity])


def _show_tokens(row: DeltaGenerator, run: Run) -> None:
    """How much of the texts comes back, once that is measured."""
    known = cached_measurement(run, "texts")
    if known is None:
        status = background.request(run.id, "quality texts")
        why = status.reason if status.state == "failed" else "being measured"
        row.badge(escape(f"Tokens right: {why}"), icon=":material/hourglass_empty:", color="gray")
        if status.state != "failed":
            _await_tokens(run)
        return
    right, nats = known.figures["tokens_right"], known.figures["nats_per_token"]
    components = run.metrics["pca"]["components"]
    row.metric(f"Tokens right, {known.split}", f"{right.value:.1%}", width="content")
    row.metric(f"PCA, {components} components", f"{right.pca:.1%}", width="content")
    guessed = known.figures["unigram_nats_per_token"].value
    row.metric("Cross-entropy per token, nats", f"{nats.value:.2f}", f"{guessed:.2f} by frequency alone", **_PLAIN)


@st.fragment(run_every=1.0)
def _await_tokens(run: Run) -> None:
    if background.request(run.id, "quality texts").state in ("ready", "failed"):
        st.rerun()


def beside_pca(error: float, pca: float) -> tuple[str | None, Literal["green", "red", "off"]]:
    """The error beside PCA's in words; nothing where PCA makes next to none, as with as many components as features."""
    if pca < EXACT:
        return None, "off"
    share = error / pca
    if share > 2:
        return f"{share:,.1f} times PCA's", "red"
    return (f"{1 - share:.0%} below PCA", "green") if share <= 1 else (f"{share - 1:.0%} above PCA", "red")
