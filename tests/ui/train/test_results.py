import pytest

from aeexplorer.ui.train.results import compare_with_pca
from aeexplorer.ui.train.times import format_duration


@pytest.mark.parametrize(
    ("error", "pca", "words"),
    [
        (0.01, 0.04, "75% below PCA"),
        (0.05, 0.04, "25% above PCA"),
        (0.4, 0.04, "10.0 times PCA's"),
        (0.1, 0.0, None),
        (0.1, 1e-17, None),
    ],
)
def test_the_error_is_compared_with_that_of_pca_in_words(error: float, pca: float, words: str | None) -> None:
    assert compare_with_pca(error, pca)[0] == words


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (42, "42 s"), (200, "3 min"), (7_500, "2 h 05 min")])
def test_durations_are_formatted_in_words(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words
