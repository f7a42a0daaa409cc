"""The title of the axis names the subject of the errors."""

import numpy as np
import pytest

from aeexplorer.analysis.samples.errors import histogram
from aeexplorer.views.charts.error_histogram import error_histogram


@pytest.mark.parametrize("title", ["Mean squared error", "Share of wrong tokens"])
def test_the_axis_names_the_error(title: str) -> None:
    errors = np.linspace(0.01, 0.1, 20, dtype=np.float32)
    figure = error_histogram(histogram(errors), np.arange(20), title=title).figure
    assert figure.layout.xaxis.title.text == f"{title[:1].lower()}{title[1:]} of a sample"
