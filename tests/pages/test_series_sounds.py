"""Series and sounds on the pages: options of an upload, curves and players."""

import io
from typing import Any

import numpy as np
import plotly.io
import pytest
import soundfile

from aeexplorer.data.dataset import open_dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from tests.pages.studio import Studio

RNG = np.random.default_rng(0)
QUICK = {"model.network": "dense", "model.hidden": 8, "model.latent_dim": 2, "training.epochs": 1}


def long_table() -> bytes:
    rows = [f"{i},{t},{np.sin(0.5 * t + i):.4f},{i % 3}" for i in range(20) for t in range(12)]
    return "\n".join(["id,time,height,label", *rows]).encode()


def sound(i: int) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, 0.5 * np.sin(np.arange(3_200) * 0.05 * (1 + i)), 16_000, format="WAV")
    return out.getvalue()


def offered(at: Any) -> set[str]:
    """Return the labels of the choices on the page."""
    return {box.label for box in (*at.button_group, *at.selectbox, *at.multiselect)}


def curves(at: Any) -> list[Any]:
    """Return the figures of series on the page."""
    figures = [plotly.io.from_json(chart.proto.spec) for chart in at.get("plotly_chart")]
    return [figure for figure in figures if figure.layout.yaxis.title.text == "height"]


def test_a_long_table_becomes_series(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.file_uploader[0].upload("waves.csv", long_table(), "text/csv").run()
    assert not at.exception
    assert {"Series column", "Time column"} <= offered(at)
    assert "Feature columns" not in offered(at)
    layout = next(box for box in at.button_group if box.label.startswith("Series layout"))
    assert (layout.value, layout.options) == ("long", ["none", "wide", "long"])
    layout.set_value("none").run()
    assert not {"Series column", "Time column"} & offered(at)
    assert "Feature columns" in offered(at)
    next(box for box in at.button_group if box.label.startswith("Series layout")).set_value("long").run()
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert (dataset.main_field.modality, dataset.n, dataset.main_field.shape) == ("series", 20, (12, 1))
    assert len(curves(at)) == 1


@pytest.mark.parametrize("kind", ["series", "audio"])
def test_reconstructions_are_shown_as_curves_or_sounds(empty_studio: Studio, kind: str) -> None:
    workspace = empty_studio.workspace
    if kind == "series":
        options = IngestOptions().replace({"series_layout": "long"})
        dataset = ingest(workspace, [Upload("waves.csv", long_table())], options)
    else:
        dataset = ingest(workspace, [Upload(f"{i}.wav", sound(i)) for i in range(12)])
    run = new_run(workspace, dataset, "dense-ae", QUICK)
    train(run, "cpu")
    at = empty_studio.open("explore", run=run.id)
    if kind == "series":
        (figure,) = curves(at)
        assert {trace.name for trace in figure.data} == {"Input", "Reconstruction", "Residual"}
    else:
        assert len(at.get("audio")) == 4
        assert any("Griffin-Lim" in text.value for text in at.caption)
