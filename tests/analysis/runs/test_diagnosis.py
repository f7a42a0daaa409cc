"""Diagnosis of trainings that go wrong on purpose, and of evidence made by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from aeexplorer.analysis.runs.diagnosis import Evidence, Finding, diagnose, findings_from
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.training.config import RunConfig

QUICK = {
    "model.network": "dense",
    "model.latent_dim": 4,
    "training.epochs": 15,
    "training.batch_size": 16,
    "training.patience": 0,
}
PROBLEMS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "rate_too_high": (
        "dense-ae",
        {"training.learning_rate": 0.05, "training.optimizer": "rmsprop", "training.schedule": "constant"},
        {"training.learning_rate": 0.003},
    ),
    "dead": ("dense-ae", {"model.activation": "relu", "training.learning_rate": 0.2}, {"training.learning_rate": 0.003}),
    "posterior_collapse": ("vae", {"model.beta": 500.0}, {"model.bottleneck.beta": 1.0}),
    "codebook_collapse": (
        "vq-vae",
        {"model.latent_dim": None, "model.restart": 0.0, "model.codebook_size": 2048},
        {"model.bottleneck.restart": 0.5},
    ),
    "initialisation": ("dense-ae", {"model.initialisation": "zeros"}, {"model.initialisation": "default"}),
    "underfit": ("dense-ae", {"training.epochs": 1}, {"training.epochs": 20}),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_the_cause_comes_first_with_numbers_and_a_change_that_can_be_applied(
    workspace: Workspace, dataset: Dataset, kind: str
) -> None:
    preset, changes, remedy = PROBLEMS[kind]
    settings = {path: value for path, value in (QUICK | changes).items() if value is not None}
    run = new_run(workspace, dataset, preset, settings)
    train(run, "cpu")
    first = diagnose(run)[0] if kind != "codebook_collapse" else {f.kind: f for f in diagnose(run)}[kind]
    assert first.kind == kind
    assert first.changes == remedy
    assert first.advice
    assert any(character.isdigit() for character in first.text) or kind == "initialisation"
    changed = dict(run.config.replace(dict(first.changes)).effective_settings())
    assert {path: changed[path] for path in first.changes} == remedy


def test_good_training_is_sound(workspace: Workspace, make_blobs: Callable[..., Dataset]) -> None:
    run = new_run(workspace, make_blobs(workspace, n=600), "dense-ae", QUICK | {"training.epochs": 40})
    train(run, "cpu")
    assert [finding.kind for finding in diagnose(run) if finding.severity != "note"] == ["sound"]


def curve(train: list[float], validation: list[float]) -> list[dict[str, Any]]:
    """Return progress events with one error per epoch."""
    epochs = enumerate(zip(train, validation, strict=True), 1)
    return [{"epoch": epoch, "metrics": {"mse": a, "validation_mse": b}} for epoch, (a, b) in epochs]


LEVEL = curve([0.02] * 12, [0.02] * 12)
PCA = {"mse": 0.07, "components": 4}


def find(metrics: dict[str, Any], history: list[dict[str, Any]] = LEVEL, **settings: Any) -> list[Finding]:
    """Return the findings from metrics made by hand, under settings that differ from the defaults."""
    config = RunConfig(dataset="ds-0").replace({path.replace("__", "."): value for path, value in settings.items()})
    return findings_from(Evidence(history, metrics, config, sample_name=lambda sample: f"row {sample}"))


def test_overfitting_names_the_gap_and_where_the_validation_error_was_lowest() -> None:
    falling = [0.1 * 0.8**i for i in range(12)]
    rising = [0.1, 0.06, 0.04, *(0.04 + 0.003 * i for i in range(9))]
    metrics = {"train": {"mse": 0.009}, "test": {"mse": 0.06}, "pca": PCA}
    (finding,) = [f for f in find(metrics, curve(falling, rising)) if f.kind == "overfit"]
    assert "after epoch 3 of 12" in finding.text
    assert finding.severity == "problem"
    assert finding.changes == {"training.patience": 15}
    level = metrics | {"test": {"mse": 0.0095}}
    assert all(f.kind != "overfit" for f in find(level, curve(falling, falling)))


def test_a_test_error_of_eighteen_times_the_training_error_is_never_sound_though_validation_does_not_rise() -> None:
    findings = find({"train": {"mse": 0.001}, "test": {"mse": 0.018}, "pca": PCA})
    assert [(f.kind, f.severity) for f in findings] == [("overfit", "problem")]
    assert "18 times" in findings[0].text


def test_overfitting_and_underfitting_exclude_each_other() -> None:
    pca = {"mse": 0.01, "components": 4}
    memorised = find({"train": {"mse": 0.002}, "test": {"mse": 0.03}, "pca": pca})
    assert [f.kind for f in memorised] == ["overfit"]
    too_small = find({"train": {"mse": 0.02}, "test": {"mse": 0.03}, "pca": pca})
    assert [f.kind for f in too_small] == ["underfit"]


def test_remedies_that_are_on_already_are_never_named() -> None:
    metrics = {"train": {"mse": 0.001}, "test": {"mse": 0.018}, "pca": PCA}
    remedies = [
        next(iter(find(metrics, **settings)[0].changes))
        for settings in (
            {},
            {"training__patience": 10},
            {"training__patience": 10, "training__weight_decay": 0.1},
            {"training__patience": 10, "training__weight_decay": 0.1, "model__dropout": 0.1},
        )
    ]
    assert remedies == ["training.patience", "training.optimizer", "model.dropout", "model.hidden"]


def test_a_denoising_model_is_compared_with_pca_of_the_same_corrupted_inputs() -> None:
    def findings(corrupted: float) -> list[Finding]:
        pca = {"mse": 0.01, "corrupted_mse": 0.03, "components": 4}
        return find({"test": {"mse": 0.02, "corrupted_mse": corrupted}, "pca": pca})

    (good,) = findings(0.024)
    assert good.kind == "sound"
    assert "from corrupted inputs" in good.text
    assert "20% below PCA" in good.text
    assert [f.kind for f in findings(0.04)] == ["underfit"]


def test_an_error_above_that_of_pca_is_never_good() -> None:
    for ratio in (1.02, 1.09, 1.25, 3):
        findings = find({"test": {"mse": 0.01 * ratio}, "pca": {"mse": 0.01, "components": 4}})
        assert all(f.severity != "good" for f in findings), ratio


def test_a_held_out_sample_far_outside_the_training_range_is_named_and_explains_the_rest() -> None:
    outside = [{"id": 7, "field": "table", "part": "income", "distance": 41_000.0, "error_share": 0.99}]
    metrics = {
        "train": {"mse": 0.01},
        "test": {"mse": 3.5e10},
        "pca": {"mse": 3.4e9, "components": 4},
        "health": {"variance_kept": 0.001},
        "outside": outside,
    }
    (finding,) = find(metrics)
    assert finding.kind == "outside"
    for word in ("sample 7", "row 7", "income", "41,000", "99%"):
        assert word in finding.text
    assert not finding.changes
    outside[0]["error_share"] = 0.05
    assert [f.kind for f in find({"test": {"mse": 0.01}, "pca": PCA, "outside": outside})] == ["sound", "outside"]


def score(part: str, value: float, pca: float, kind: str = "r2", baseline: float = 0.0) -> dict[str, Any]:
    return {"field": "table", "part": part, "kind": kind, "value": value, "pca": pca, "baseline": baseline, "n": 50}


def test_a_table_that_beats_pca_in_seven_of_eight_columns_is_not_underfit() -> None:
    scores = [score(str(i), 0.9, 0.8) for i in range(7)] + [score("7", 0.5, 0.95)]
    metrics = {"train": {"mse": 0.05}, "test": {"mse": 0.056}, "pca": {"mse": 0.01, "components": 2}, "scores": scores}
    (finding,) = find(metrics)
    assert finding.kind == "sound"
    assert "at least PCA's in 7 of 8 columns" in finding.text
    worse = metrics | {"scores": [score(str(i), 0.3, 0.8) for i in range(8)]}
    assert [f.kind for f in find(worse)] == ["underfit"]


def test_a_vae_is_judged_by_its_likelihood_beside_probabilistic_pca() -> None:
    def findings(elbo: float, train_elbo: float) -> list[str]:
        pca = {"mse": 0.01, "components": 16, "active": {"mse": 0.02, "components": 3, "log_likelihood": 100.0}}
        values = {"active_units": 3.0, "kl_per_dimension": [1.0] * 3}
        metrics = {
            "train": {"mse": 0.03, "elbo": train_elbo} | values,
            "test": {"mse": 0.031, "elbo": elbo} | values,
            "pca": pca,
            "features": 64,
        }
        return [f.kind for f in find(metrics)]

    assert findings(120, 121) == ["sound"]  # though the error is three times that of PCA with 16 components
    assert findings(60, 61) == ["underfit"]
    assert findings(-59_583, 150) == ["overfit"]


def test_a_codebook_is_judged_by_the_training_samples() -> None:
    used = {"codebook_usage": 1.0, "perplexity": 200.0, "usage": [10.0] * 256}
    rarely = {"codebook_usage": 0.3, "perplexity": 60.0, "usage": [2.0] * 77 + [0.0] * 179}
    metrics = {"train": {"mse": 0.02} | used, "test": {"mse": 0.02} | rarely, "pca": PCA}
    settings = {"model__bottleneck": "vector_quantized"}
    assert [f.kind for f in find(metrics, **settings)] == ["sound"]
    metrics["train"] |= {"codebook_usage": 0.2, "perplexity": 20.0, "usage": [100.0] * 51 + [0.0] * 205}
    (_, finding) = find(metrics, **settings)
    assert finding.kind == "codebook_collapse"
    assert finding.changes == {"model.bottleneck.codebook_size": 64}  # k-means, restarts and averages are on already
    few = {"codebook_usage": 0.15, "perplexity": 30.0, "usage": [1.0] * 40 + [0.0] * 216}  # 40 tokens cannot use 256 entries
    assert [f.kind for f in find(metrics | {"train": {"mse": 0.02} | few}, **settings)] == ["sound"]


def test_falling_curves_have_not_levelled_off() -> None:
    metrics = {"test": {"mse": 0.01}, "pca": {"mse": 0.02, "components": 4}}

    def texts(errors: list[float]) -> dict[str, str]:
        return {f.kind: f.text for f in find(metrics, curve(errors, errors))}

    falling = texts([0.08, 0.04, 0.03, 0.02])
    assert "33% over the last epoch" in falling["still_falling"]
    assert "levelled off" not in falling["sound"]
    assert "levelled off" in texts([0.08, 0.02, 0.0101, 0.01])["sound"]
    assert list(texts([0.01])) == ["sound"]
    assert "levelled off" not in texts([0.01])["sound"]


def test_a_rate_of_ten_gets_the_advice_of_three_thousandths() -> None:
    (finding,) = find({"test": {"mse": 5.0}, "pca": PCA, "health": {"variance_kept": 900.0}}, training__learning_rate=10.0)
    assert finding.kind == "rate_too_high"
    assert "from 10 to 0.003" in finding.advice
    assert finding.changes == {"training.learning_rate": 0.003}


def test_saturated_units_are_explained_by_the_rate_if_it_is_high_and_else_by_the_activation() -> None:
    metrics = {"test": {"mse": 0.09}, "pca": PCA, "health": {"variance_kept": 0.01, "saturated": 0.96}}
    (high,) = find(metrics, training__learning_rate=0.1, model__activation="tanh")
    assert (high.kind, dict(high.changes)) == ("saturated", {"training.learning_rate": 0.003})
    (usual,) = find(metrics, model__activation="tanh")
    assert (usual.kind, dict(usual.changes)) == ("saturated", {"model.activation": "silu"})


def test_an_error_that_falls_steeply_is_not_unsettled_but_one_that_alternates_is() -> None:
    metrics = {"test": {"mse": 0.01}, "pca": PCA}
    falling = [0.1 * 0.7**i for i in range(12)]
    assert "rate_too_high" not in [f.kind for f in find(metrics, curve(falling, falling))]
    alternating = [0.02, 0.03] * 6
    (finding, *_) = find(metrics, curve(alternating, alternating))
    assert finding.kind == "rate_too_high"
    assert finding.changes == {"training.learning_rate": 0.001}
