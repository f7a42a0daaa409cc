from aeexplorer.models.config import ModelConfig
from aeexplorer.training.config import TrainingConfig
from aeexplorer.ui.parts.widgets import bounds, escape, help_text


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
