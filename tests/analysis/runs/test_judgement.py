"""Figures of runs beside PCA, in words."""

import pytest

from aeexplorer.analysis.runs.judgement import error_title, judge_metrics


def error_of(mse: float, pca: float) -> tuple[str, str | None]:
    judgement = judge_metrics({"test": {"mse": mse}, "pca": {"mse": pca, "components": 4}})
    return judgement.words, judgement.standing


@pytest.mark.parametrize(
    ("error", "pca", "words", "standing"),
    [
        (0.01, 0.04, "75% below PCA", "better"),
        (0.042, 0.04, "5% above PCA", "close"),
        (0.05, 0.04, "25% above PCA", "worse"),
        (0.4, 0.04, "10.0 times PCA's", "worse"),
        (0.1, 0.0, "", None),
        (0.1, 1e-17, "", None),
    ],
)
def test_the_error_is_compared_with_that_of_pca_in_words(error: float, pca: float, words: str, standing: str | None) -> None:
    assert error_of(error, pca) == (words, standing)


def test_the_last_split_that_is_not_empty_is_judged() -> None:
    metrics = {"train": {"mse": 0.1}, "validation": {"mse": 0.2}, "pca": {"mse": 0.4, "components": 2}}
    judgement = judge_metrics(metrics)
    assert (judgement.split, judgement.value_text, judgement.pca_text) == ("validation", "0.20000", "0.40000")
    assert judgement.summary == "validation mean squared error 0.20000 · PCA, 2 components: 0.40000"


def test_a_denoising_table_is_judged_by_its_corrupted_inputs_but_hidden_fields_part_by_part() -> None:
    def titled(*fields: str) -> str:
        scores = [
            {"field": field, "part": str(i), "kind": "r2", "value": 0.5, "pca": 0.4, "baseline": 0.0, "n": 9}
            for i, field in enumerate(fields)
        ]
        values = {"mse": 0.02, "corrupted_mse": 0.03}
        pca = {"mse": 0.01, "corrupted_mse": 0.06, "components": 2}
        judgement = judge_metrics({"test": values, "pca": pca, "scores": scores})
        return f"{judgement.title}: {judgement.words}"

    assert titled("table", "table") == "Mean squared error from corrupted inputs: 50% below PCA"
    assert titled("image", "text") == "Skill, mean over parts: at least PCA's in 2 of 2 parts"


def test_texts_are_judged_by_their_tokens_and_old_ones_by_their_cross_entropy() -> None:
    score = {"field": "text", "part": "", "kind": "accuracy", "value": 0.8, "pca": 0.5, "baseline": 0.1, "n": 9}
    metrics = {"test": {"mse": 0.2, "reconstruction": 31.4}, "pca": {"mse": 0.5, "components": 2}, "scores": [score]}
    judgement = judge_metrics(metrics, error_title(["text"]))
    assert (judgement.title, judgement.value_text, judgement.words) == ("Tokens right", "80.0%", "30.0 points above PCA")
    del metrics["scores"]
    old = judge_metrics(metrics, error_title(["text"]))
    assert (old.title, old.value, old.pca, old.words) == ("Cross-entropy, nats per sample", 31.4, None, "")


def test_errors_are_named_after_what_they_average() -> None:
    assert error_title(["image"]) == error_title(["tabular"]) == "Mean squared error"
    assert error_title(["tabular"], has_categories=True) == "Mean error over the columns"
    assert error_title(["image", "text"]) == "Mean error over the fields"
