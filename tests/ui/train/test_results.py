import pytest

from aeexplorer.ui.train.times import format_duration


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (42, "42 s"), (200, "3 min"), (7_500, "2 h 05 min")])
def test_durations_are_formatted_in_words(seconds: float, words: str) -> None:
    assert format_duration(seconds) == words
