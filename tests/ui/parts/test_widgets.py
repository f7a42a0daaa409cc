import math

from aeexplorer.models.config import ModelConfig
from aeexplorer.training.config import TrainingConfig
from aeexplorer.ui.parts.widgets import bounds, escape, find_problem, help_text


def test_help_has_the_description_the_bounds_and_the_default() -> None:
    text = help_text(ModelConfig.model_fields["hidden"], 256)
    assert "Width of the hidden dense layers" in text
    assert "From 1 to 4,096" in text
    assert "256" in text.splitlines()[-1]


def test_bounds_are_read_from_any_kind_of_constraint() -> None:
    assert bounds(TrainingConfig.model_fields["learning_rate"]) == (0, 10)
    assert bounds(TrainingConfig.model_fields["optimizer"]) == (None, None)


def test_escaped_text_is_shown_as_it_is_written() -> None:
    assert escape("<b>*x*</b> :red[y] $z$") == "\\<b\\>\\*x\\*\\</b\\> \\:red\\[y\\] \\$z\\$"


def test_a_value_outside_its_range_is_told_with_the_range() -> None:
    epochs, rate = TrainingConfig.model_fields["epochs"], TrainingConfig.model_fields["learning_rate"]
    assert find_problem(epochs, 1) == find_problem(epochs, 10_000) == find_problem(rate, 10.0) == ""
    assert find_problem(epochs, 0) == "0 is not possible: choose a number from 1 to 10,000."
    assert find_problem(epochs, 10_001) == "10,001 is not possible: choose a number from 1 to 10,000."
    assert find_problem(rate, 0.0) == "0 is not possible: choose a number above 0, at most 10."
    assert find_problem(rate, 10.5) == "10.5 is not possible: choose a number above 0, at most 10."
    for value in (None, math.nan, math.inf, "many"):
        assert find_problem(epochs, value) == "Write a number from 1 to 10,000."
    assert find_problem(TrainingConfig.model_fields["optimizer"], "adam") == ""
