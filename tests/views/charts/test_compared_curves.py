"""Tests of the training curves of several runs in one figure."""

import numpy as np

from aeexplorer.views.charts.compared_curves import compared_curves
from aeexplorer.views.charts.training_curves import training_curves
from aeexplorer.views.palette import colour_of


def test_each_run_has_its_colour_and_its_own_points(trained) -> None:
    histories = {f"{letter} · {name}": trained.runs[name].history() for letter, name in (("A", "vae"), ("B", "vq"))}
    figure = compared_curves(histories).figure
    for i, (name, history) in enumerate(histories.items()):
        traces = [trace for trace in figure.data if trace.legendgroup == name]
        assert {trace.line.color for trace in traces} == {colour_of(i)}
        assert [trace.name for trace in traces if trace.showlegend] == [name]
        errors = next(trace for trace in traces if trace.xaxis == "x2" and trace.line.dash == "solid")
        np.testing.assert_allclose(errors.y, [event["metrics"]["mse"] for event in history], rtol=1e-6)
        assert sum(trace.line.dash == "dash" for trace in traces) == 2


def test_a_run_without_progress_is_left_out(trained) -> None:
    figure = compared_curves({"A": [], "B": trained.runs["vae"].history()}).figure
    assert {trace.legendgroup for trace in figure.data} == {"B"}


def test_texts_have_a_cross_entropy_but_no_squared_error(trained) -> None:
    for history in (trained.runs["ae"].history(), trained.runs["vae"].history()):
        assert {trace.xaxis for trace in compared_curves({"A": history}, squares=False).figure.data} == {"x"}
        assert not {"Error", "PCA (test)"} & {trace.name for trace in training_curves(history, 0.1, squares=False).figure.data}
    alone = training_curves(trained.runs["ae"].history(), squares=False).figure
    assert alone.layout.yaxis.title.text == "cross-entropy (nats per sample)"
    assert "yaxis2" not in alone.layout
