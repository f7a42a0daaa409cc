"""Series drawn as curves."""

from pathlib import Path

import numpy as np

from aeexplorer.data.dataset import Field
from aeexplorer.views.series_curves import series_curves

CHANNELS = [{"name": name, "kind": "numeric", "low": 0.0, "high": 1.0} for name in ("ECG", "pressure")]
FIELD = Field("series", "series", (30, 2), "float32", {"columns": CHANNELS}, Path())
RNG = np.random.default_rng(0)


def test_reconstructions_lie_over_inputs_and_residuals_below() -> None:
    samples = {"Input": RNG.random((3, 30, 2)), "Reconstruction": RNG.random((3, 30, 2))}
    samples["Input"][0, 4] = np.nan
    figure = series_curves(FIELD, samples, ["sample 7", "sample 9"])
    lines = {(trace.name, trace.xaxis): trace for trace in figure.data}
    assert len(lines) == 2 * 2 * 3
    np.testing.assert_array_equal(lines["pressure, reconstruction", "x2"].y, samples["Reconstruction"][1, :, 1])
    left = lines["ECG, residual", "x3"].y
    np.testing.assert_array_equal(left, samples["Reconstruction"][0, :, 0] - samples["Input"][0, :, 0])
    assert np.isnan(left[4])
    assert lines["ECG, input", "x"].line.color == lines["ECG, reconstruction", "x"].line.color
    assert lines["ECG, input", "x"].line.dash != lines["ECG, reconstruction", "x"].line.dash
    assert [note.text for note in figure.layout.annotations] == ["sample 7", "sample 9"]
    assert len({trace.name for trace in figure.data if trace.showlegend}) == 4


def test_samples_alone_have_no_residual() -> None:
    figure = series_curves(FIELD, {"Sample": RNG.random((1, 30, 2))}, [""])
    assert [trace.name for trace in figure.data] == ["ECG", "pressure"]
