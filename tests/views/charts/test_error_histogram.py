"""The title of the axis names the subject of the errors."""

import numpy as np
import pytest

from aeexplorer.analysis.samples.errors import histogram
from aeexplorer.views.charts.error_histogram import error_histogram


@pytest.mark.parametrize(("texts", "axis"), [(False, "of a sample"), (True, "of the token probabilities of a sample")])
def test_the_axis_names_the_subject_of_the_squared_error(texts: bool, axis: str) -> None:
    errors = np.linspace(0.01, 0.1, 20, dtype=np.float32)
    figure = error_histogram(histogram(errors), np.arange(20), texts=texts).figure
    assert figure.layout.xaxis.title.text == f"mean squared error {axis}"
