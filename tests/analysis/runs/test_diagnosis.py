"""Diagnosis of trainings that go wrong on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from aeexplorer.analysis.runs.diagnosis import Evidence, diagnose, findings_from
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run

QUICK = {"model.network": "dense", "model.latent_dim": 4, "training.epochs": 15, "training.batch_size": 16}
PROBLEMS: dict[str, tuple[str, dict[str, Any]]] = {
    "rate_too_high": (
        "dense-ae",
        {"training.learning_rate": 0.05, "training.optimizer": "rmsprop", "training.schedule": "constant"},
    ),
    "saturated": ("dense-ae", {"model.activation": "sigmoid", "model.depth": 6, "training.learning_rate": 0.1}),
    "dead": ("dense-ae", {"model.activation": "relu", "training.learning_rate": 0.2}),
    "collapse": ("vae", {"model.beta": 500.0}),
    "posterior_collapse": ("vae", {"model.beta": 500.0}),
    "codebook_collapse": ("vq-vae", {"model.latent_dim": None, "model.restart": 0.0, "model.codebook_size": 2048}),
    "underfit": ("dense-ae", {"training.epochs": 1}),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_problem_is_found_with_numbers_and_advice(workspace: Workspace, dataset: Dataset, kind: str) -> None:
    preset, changes = PROBLEMS[kind]
    settings = {path: value for path, value in (QUICK | changes).items() if value is not None}
    run = new_run(workspace, dataset, preset, settings)
    train(run, "cpu")
    by_kind = {finding.kind: finding for finding in diagnose(run)}
    assert kind in by_kind
    assert "sound" not in by_kind or by_kind[kind].severity == "note"
    assert by_kind[kind].advice
    assert any(character.isdigit() for character in by_kind[kind].text)


def test_good_training_is_sound(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> None:
    run = new_run(workspace, make_blobs(workspace, n=600), "dense-ae", QUICK | {"training.epochs": 40})
    train(run, "cpu")
    assert [finding.kind for finding in diagnose(run) if finding.severity != "note"] == ["sound"]


def curve(train: list[float], validation: list[float]) -> list[dict[str, Any]]:
    """Return progress events with one error per epoch."""
    epochs = enumerate(zip(train, validation, strict=True), 1)
    return [{"epoch": epoch, "metrics": {"mse": a, "validation_mse": b}} for epoch, (a, b) in epochs]


def test_overfitting_needs_a_gap_and_a_rising_validation_error() -> None:
    falling = [0.1 * 0.8**i for i in range(12)]
    rising = [0.1, 0.06, 0.04, *(0.04 + 0.003 * i for i in range(9))]
    metrics = {"train": {"mse": 0.009}, "test": {"mse": 0.06}, "pca": {"mse": 0.07, "components": 4}}
    (finding,) = [f for f in findings_from(Evidence(curve(falling, rising), metrics, 1e-3)) if f.kind == "overfit"]
    assert "after epoch 3 of 12" in finding.text
    level = metrics | {"test": {"mse": 0.0095}}
    assert all(f.kind != "overfit" for f in findings_from(Evidence(curve(falling, falling), level, 1e-3)))


def test_denoising_model_may_have_a_higher_error_than_pca() -> None:
    level = [0.02] * 12

    def kinds(mse: float) -> list[str]:
        metrics = {"test": {"mse": mse, "corrupted_mse": mse}, "pca": {"mse": 0.01, "components": 4}}
        return [f.kind for f in findings_from(Evidence(curve(level, level), metrics, 1e-3))]

    assert "underfit" not in kinds(0.015)
    assert "underfit" in kinds(0.023)
    assert "sound" not in kinds(0.023)


def test_falling_curves_have_not_levelled_off() -> None:
    metrics = {"test": {"mse": 0.01}, "pca": {"mse": 0.02, "components": 4}}

    def texts(errors: list[float]) -> dict[str, str]:
        return {f.kind: f.text for f in findings_from(Evidence(curve(errors, errors), metrics, 1e-3))}

    falling = texts([0.08, 0.04, 0.03, 0.02])
    assert "33% over the last epoch" in falling["still_falling"]
    assert "levelled off" not in falling["sound"]
    assert "levelled off" in texts([0.08, 0.02, 0.0101, 0.01])["sound"]
    assert list(texts([0.01])) == ["sound"]
    assert "levelled off" not in texts([0.01])["sound"]


def test_worst_finding_comes_first() -> None:
    metrics = {"test": {"mse": 0.05}, "pca": {"mse": 0.01, "components": 4}, "health": {"variance_kept": 0.01}}
    assert [f.kind for f in findings_from(Evidence(curve([0.05] * 4, [0.05] * 4), metrics, 1e-3))] == ["collapse", "underfit"]
