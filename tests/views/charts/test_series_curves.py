"""Tests of the curves of series."""

from pathlib import Path

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.views.charts.series_curves import series_curves

CHANNELS = [{"name": name, "kind": "numeric", "low": 0.0, "high": high} for name, high in (("ECG", 4.0), ("<b>pressure", 0.5))]
FIELD = Field("series", "series", (30, 2), "float32", {"columns": CHANNELS}, Path())
RNG = np.random.default_rng(0)


def test_inputs_and_reconstructions_share_a_plot_above_the_residuals() -> None:
    samples = {"Input": RNG.random((3, 30, 2)), "Reconstruction": RNG.random((3, 30, 2))}
    samples["Input"][0, 4] = np.nan
    figure = series_curves(FIELD, samples, ["sample 7", "sample 9"])
    lines = {(trace.name, trace.yaxis): [] for trace in figure.data}
    for trace in figure.data:
        lines[trace.name, trace.yaxis].append(trace)
    # frames are numbered row by row: ECG y, y2; pressure y3, y4; residuals y5, y6
    assert len(figure.data) == 2 * 2 * 3
    np.testing.assert_array_equal(lines["Reconstruction", "y4"][0].y, samples["Reconstruction"][1, :, 1])
    np.testing.assert_array_equal(lines["Input", "y"][0].y, samples["Input"][0, :, 0])
    ecg, pressure = lines["Residual", "y5"]
    np.testing.assert_allclose(ecg.y, 25 * (samples["Reconstruction"] - samples["Input"])[0, :, 0])
    np.testing.assert_allclose(pressure.y, 200 * (samples["Reconstruction"] - samples["Input"])[0, :, 1])
    assert np.isnan(ecg.y[4])
    given, made = lines["Input", "y"][0].line, lines["Reconstruction", "y"][0].line
    assert given.color == made.color == ecg.line.color != pressure.line.color
    assert given.dash != made.dash
    assert [note.text for note in figure.layout.annotations] == ["sample 7", "sample 9"]
    assert [trace.name for trace in figure.data if trace.showlegend] == ["Input", "Reconstruction"]
    assert "<b>" not in figure.layout.yaxis3.title.text


def test_samples_alone_have_no_residual() -> None:
    figure = series_curves(FIELD, {"Sample": RNG.random((1, 30, 2))}, [""])
    assert [trace.name for trace in figure.data] == ["Sample", "Sample"]
    assert not figure.layout.showlegend
