"""The diagnosis of a training, from trainings that go wrong on purpose."""

from collections.abc import Callable
from typing import Any

import pytest

from aeexplorer.analysis.runs.diagnosis import Evidence, diagnose, findings
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run

QUICK = {"model.network": "dense", "model.latent_dim": 4, "training.epochs": 15, "training.batch_size": 16}
MALADIES: dict[str, tuple[str, dict[str, Any]]] = {
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


@pytest.mark.parametrize("kind", MALADIES)
def test_what_went_wrong_is_named_with_its_figures_and_a_cure(workspace: Workspace, dataset: Dataset, kind: str) -> None:
    preset, changes = MALADIES[kind]
    wanted = {path: value for path, value in (QUICK | changes).items() if value is not None}
    run = new_run(workspace, dataset, preset, wanted)
    train(run, "cpu")
    found = {finding.kind: finding for finding in diagnose(run)}
    assert kind in found
    assert "sound" not in found or found[kind].severity == "note"
    assert found[kind].advice
    assert any(character.isdigit() for character in found[kind].text)


def test_a_good_training_is_called_sound(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> None:
    run = new_run(workspace, make_blobs(workspace, n=600), "dense-ae", QUICK | {"training.epochs": 40})
    train(run, "cpu")
    assert [finding.kind for finding in diagnose(run) if finding.severity != "note"] == ["sound"]


def curve(train: list[float], validation: list[float]) -> list[dict[str, Any]]:
    both = enumerate(zip(train, validation, strict=True), 1)
    return [{"epoch": epoch, "metrics": {"mse": a, "validation_mse": b}} for epoch, (a, b) in both]


def test_learning_by_heart_is_told_by_the_gap_and_the_rise() -> None:
    falling = [0.1 * 0.8**i for i in range(12)]
    rising = [0.1, 0.06, 0.04, *(0.04 + 0.003 * i for i in range(9))]
    metrics = {"train": {"mse": 0.009}, "test": {"mse": 0.06}, "pca": {"mse": 0.07, "components": 4}}
    (found,) = [f for f in findings(Evidence(curve(falling, rising), metrics, 1e-3)) if f.kind == "overfit"]
    assert "after epoch 3 of 12" in found.text
    level = metrics | {"test": {"mse": 0.0095}}
    assert all(f.kind != "overfit" for f in findings(Evidence(curve(falling, falling), level, 1e-3)))


def test_mending_inputs_excuses_some_error_but_not_all() -> None:
    level = [0.02] * 12

    def kinds(mse: float) -> list[str]:
        metrics = {"test": {"mse": mse, "corrupted_mse": mse}, "pca": {"mse": 0.01, "components": 4}}
        return [f.kind for f in findings(Evidence(curve(level, level), metrics, 1e-3))]

    assert "underfit" not in kinds(0.015)
    assert "underfit" in kinds(0.023)
    assert "sound" not in kinds(0.023)


def test_curves_that_still_fall_are_not_said_to_rest_however_few_the_epochs() -> None:
    metrics = {"test": {"mse": 0.01}, "pca": {"mse": 0.02, "components": 4}}

    def texts(errors: list[float]) -> dict[str, str]:
        return {f.kind: f.text for f in findings(Evidence(curve(errors, errors), metrics, 1e-3))}

    falling = texts([0.08, 0.04, 0.03, 0.02])
    assert "33% over the last epoch" in falling["still_falling"]
    assert "rest" not in falling["sound"]
    assert "came to rest" in texts([0.08, 0.02, 0.0101, 0.01])["sound"]
    assert list(texts([0.01])) == ["sound"]
    assert "rest" not in texts([0.01])["sound"]


def test_the_worst_finding_comes_first() -> None:
    metrics = {"test": {"mse": 0.05}, "pca": {"mse": 0.01, "components": 4}, "health": {"variance_kept": 0.01}}
    assert [f.kind for f in findings(Evidence(curve([0.05] * 4, [0.05] * 4), metrics, 1e-3))] == ["collapse", "underfit"]
