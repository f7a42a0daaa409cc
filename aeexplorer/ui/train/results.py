"""The metrics of a finished run, next to those of PCA, and a diagnosis."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aeexplorer.analysis.runs.diagnosis import diagnose
from aeexplorer.analysis.runs.diagnosis.evidence import Finding
from aeexplorer.analysis.runs.judgement import CLOSE_SKILL, Judgement, judge
from aeexplorer.analysis.runs.quality.measuring import cached_measurement
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.run import Run
from aeexplorer.training.scoring.scores import Score, read_scores
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background
from aeexplorer.ui.train.again import train_again_button
from aeexplorer.ui.train.times import format_duration

_PLAIN: dict[str, Any] = {"delta_color": "off", "delta_arrow": "off", "width": "content"}

_COLOURS = {"better": "green", "close": "gray", "worse": "red", None: "off"}
_BOXES = {"good": st.success, "note": st.info, "problem": st.warning}
_ICONS = {"good": ":material/check:", "note": ":material/info:", "problem": ":material/stethoscope:"}
PARTS_HEIGHT = 280
"""Height of the table of columns or parts, in pixels."""
_SCORE_NAMES = {"r2": "R²", "accuracy": "accuracy"}


def show_results(run: Run) -> None:
    """Draw the figure that suits the run next to that of PCA, other metrics, the parts of its samples, and a diagnosis."""
    metrics = run.metrics
    judgement = judge(run)
    values = metrics[judgement.split]
    row = st.container(horizontal=True, gap="large")
    show_judgement(row, judgement)
    if run.dataset.of_texts:
        _show_cross_entropy(row, run)
    if "elbo" in values and not judgement.title.startswith("ELBO"):
        row.metric("ELBO, nats per sample", f"{values['elbo']:,.1f}", width="content")
    if "active_units" in values:
        row.metric("Active units", f"{values['active_units']:.0f} of {len(values['kl_per_dimension'])}", width="content")
    if "codebook_usage" in values:
        trained = metrics.get("train", values)
        row.metric("Codes used, train", f"{trained['codebook_usage']:.0%}", f"perplexity {trained['perplexity']:.0f}", **_PLAIN)
    if metrics["samples_per_second"]:
        row.metric("Time", format_duration(metrics["seconds"]), f"{metrics['samples_per_second']:,.0f} samples/s", **_PLAIN)
    show_parts(read_scores(metrics), judgement)
    for number, finding in enumerate(diagnose(run)):
        _show_finding(run, finding, number)


def show_judgement(row: DeltaGenerator, judgement: Judgement) -> None:
    """Draw the figure of a run, its comparison with PCA in words, and the figure of PCA."""
    style: dict[str, Any] = _PLAIN | {"delta_color": _COLOURS[judgement.standing]}
    row.metric(f"{judgement.title}, {judgement.split}", judgement.value_text, judgement.words or None, **style)
    noun = "component" if judgement.components == 1 else "components"
    row.metric(f"PCA, {judgement.components} {noun}", judgement.pca_text, width="content")


def show_parts(scores: list[Score], judgement: Judgement) -> None:
    """Draw a table of the columns of a table, or of the fields of mixed samples, beside PCA and the training mean."""
    if len(scores) < 2:
        return
    has_several_fields = len({score.field for score in scores}) > 1
    rows = [
        {
            "part": f"{score.field}: {score.part}".removesuffix(": ") if has_several_fields else score.part,
            "figure": _SCORE_NAMES[score.kind],
            "model": score.value,
            "PCA": score.pca,
            "baseline": score.baseline,
            "at least PCA's": score.skill >= score.pca_skill - CLOSE_SKILL,
            "samples": score.n,
        }
        for score in sorted(scores, key=lambda score: score.skill)
    ]
    with st.expander("By part" if has_several_fields else "By column", icon=":material/table_rows:"):
        number = {"format": "%.4g"}
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            height=min(PARTS_HEIGHT, 38 * (len(rows) + 1)),
            column_config={
                "figure": st.column_config.TextColumn(
                    help="R²: share of the variance around the training mean that is explained. Accuracy: share of the "
                    "categories or tokens that are right."
                ),
                "model": st.column_config.NumberColumn(help=f"This model, on the {judgement.split} split", **number),
                "PCA": st.column_config.NumberColumn(help=f"PCA with {judgement.components} components", **number),
                "baseline": st.column_config.NumberColumn(
                    help="Always answering with the training mean, or the most frequent category", **number
                ),
            },
        )
        st.caption(
            "Skill is the share of the baseline's error that the model avoids: R² for numbers, (accuracy − baseline) / "
            "(1 − baseline) for categories. Worst parts first."
        )


def _show_finding(run: Run, finding: Finding, number: int) -> None:
    """Draw a finding with its advice, and a button that applies the advice and trains again."""
    is_trained_here = isinstance(run.config.model, ModelConfig)
    advice = finding.advice if is_trained_here else ""
    _BOXES[finding.severity](escape(f"{finding.text} {advice}".strip()), icon=_ICONS[finding.severity])
    if not is_trained_here or not finding.changes:
        return
    train_again_button(run, finding.changes, "Apply and train again", key=f"results.apply.{number}")


def _show_cross_entropy(row: DeltaGenerator, run: Run) -> None:
    """Draw the cross-entropy per token beside that of token frequencies, once it is measured."""
    measurement = cached_measurement(run, "texts")
    if measurement is None:
        status = background.request(run.id, "quality texts")
        reason = status.reason if status.state == "failed" else "being measured"
        row.badge(escape(f"Cross-entropy: {reason}"), icon=":material/hourglass_empty:", color="gray")
        if status.state != "failed":
            background.rerun_when_done(run.id, ["quality texts"])
        return
    nats, baseline = measurement.figures["nats_per_token"].value, measurement.figures["unigram_nats_per_token"].value
    row.metric("Cross-entropy, nats per token", f"{nats:.2f}", f"{baseline:.2f} by frequency alone", **_PLAIN)
