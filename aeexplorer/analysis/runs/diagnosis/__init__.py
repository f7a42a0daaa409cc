"""Diagnosis of a finished training, in plain words and from measured quantities: one cause first."""

from collections.abc import Callable

from aeexplorer.analysis.runs.diagnosis.bottleneck import check_inactive_latents, check_unused_codes
from aeexplorer.analysis.runs.diagnosis.evidence import Evidence, Finding
from aeexplorer.analysis.runs.diagnosis.fit import check_overfitting, check_still_falling, check_underfitting, describe_fit
from aeexplorer.analysis.runs.diagnosis.stability import (
    check_collapse,
    check_dead_units,
    check_divergence,
    check_initialisation,
    check_outside_samples,
    check_saturation,
    check_unstable_error,
)
from aeexplorer.analysis.runs.judgement import run_error_title
from aeexplorer.models.config import ModelConfig
from aeexplorer.training.run import Run

_CHECKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    check_initialisation,
    check_outside_samples,
    check_divergence,
    check_unstable_error,
    check_inactive_latents,
    check_dead_units,
    check_saturation,
    check_collapse,
    check_unused_codes,
    check_overfitting,
    check_underfitting,
    check_still_falling,
)
"""Checks in the order of causes: a finding may explain findings of later checks."""


def diagnose(run: Run) -> list[Finding]:
    """Diagnose a finished run.

    Returns
    -------
    list of Finding
        Problems first, the most likely cause at the top; findings that it explains are left out. If there is no problem, the
        first finding says how good the model is.
    """
    sources = run.dataset.table["source"].to_pylist() if "source" in run.dataset.table.column_names else None
    name = None if sources is None else lambda sample: str(sources[sample])
    config = run.config if isinstance(run.config.model, ModelConfig) else None
    return findings_from(Evidence(run.history(), run.metrics, config, run_error_title(run), name))


def findings_from(evidence: Evidence) -> list[Finding]:
    """Diagnose a training from its evidence; returns the same findings as `diagnose`."""
    findings: list[Finding] = []
    for check in _CHECKS:
        finding = check(evidence)
        is_explained = finding is not None and any(finding.kind in cause.explains for cause in findings)
        if finding is not None and not is_explained:
            findings.append(finding)
    if not any(finding.severity == "problem" for finding in findings):
        findings.insert(0, describe_fit(evidence, findings))
    return sorted(findings, key=lambda finding: ("problem", "good", "note").index(finding.severity))
