"""Tests of the page Runs through its script."""

import io
import zipfile

import pytest

from aeexplorer.analysis.runs.diagnosis import diagnose
from aeexplorer.core.catalogue import open_catalogue
from aeexplorer.exchange.formats import FORMATS
from aeexplorer.jobs.worker import train
from aeexplorer.training.folds import create_folds, finished_folds, spread
from aeexplorer.training.run import open_run, remove_run
from aeexplorer.ui.runs.one import file_content
from tests.pages.studio import Studio


def test_all_runs_are_listed_with_their_errors(studio: Studio) -> None:
    at = studio.open("runs")
    table = at.dataframe[0].value
    assert sorted(table["name"]) == ["ae", "vae", "vq"]
    by_name = dict(zip(table["name"], table["test error"], strict=True))
    assert by_name["vae"] == pytest.approx(studio.runs["vae"].metrics["test"]["mse"])


def test_an_empty_list_of_runs_links_to_train_and_data(empty_studio: Studio) -> None:
    at = empty_studio.open("runs")
    assert [heading.value for heading in at.subheader] == ["No runs yet"]
    assert {"runs.train", "runs.data"} <= {button.key for button in at.button}


def test_a_run_shows_its_metrics_and_can_be_explored(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("runs", run=run.id)
    assert "Codes used, train" in [metric.label for metric in at.metric]
    at.button(key="runs.explore").click().run()
    assert not at.exception
    assert at.query_params["run"] == run.id
    assert "Reconstructions" in [tab.label for tab in at.tabs]


def test_a_run_is_removed_and_its_dataset_stays(studio: Studio) -> None:
    run, dataset = studio.runs["ae"], studio.runs["ae"].dataset
    at = studio.open("runs", run=run.id)
    at.button(key="runs.remove").click().run()
    assert not at.exception
    assert sorted(at.dataframe[0].value["name"]) == ["vae", "vq"]
    assert not run.folder.exists()
    assert dataset.folder.exists()


def test_a_run_file_restores_a_removed_run(studio: Studio) -> None:
    run = studio.runs["vq"]
    content = file_content(FORMATS["run"], run)
    remove_run(studio.workspace, run.id)
    at = studio.open("runs")
    at.file_uploader[0].upload("other.aerun", content, "application/octet-stream").run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    assert at.query_params["run"] == run.id
    assert run.finished


def test_a_file_that_is_not_a_run_file_is_refused_with_one_message(studio: Studio) -> None:
    at = studio.open("runs")
    at.file_uploader[0].upload("bad.aerun", b"nothing", "application/octet-stream").run()
    assert not at.exception
    assert "bad.aerun" in at.error[0].value


def test_an_onnx_pair_is_opened_with_the_chosen_pictures(studio: Studio) -> None:
    run = studio.runs["vae"]
    with zipfile.ZipFile(io.BytesIO(file_content(FORMATS["onnx"], run))) as archive:
        halves = {name: archive.read(name) for name in ("encoder.onnx", "decoder.onnx")}
    at = studio.open("runs")
    for name, content in halves.items():
        at.file_uploader[0].upload(name, content)
    at.run()
    assert at.button(key="runs.load.model").disabled
    at.selectbox(key="runs.load.data").select(run.dataset.id).run()
    at.button(key="runs.load.model").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    loaded = open_run(studio.workspace, at.query_params["run"])
    assert loaded.id != run.id
    assert loaded.metrics["test"]["mse"] == pytest.approx(run.metrics["test"]["mse"], rel=1e-4)
    settings = at.dataframe[-1].value.index
    assert "model.loaded.kind" in settings
    assert "training.epochs" not in settings
    boxes = [box.value for box in (*at.warning, *at.info, *at.success)]
    assert boxes
    for finding in diagnose(run):  # advice about training is left out
        assert not finding.advice or not any(finding.advice in box for box in boxes)
    assert not [button.key for button in at.button if button.key.startswith("results.apply")]
    at.button(key="runs.explore").click().run()
    assert not at.exception
    assert at.query_params["run"] == loaded.id


def test_weights_are_loaded_for_the_settings_of_a_run(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = studio.open("runs")
    at.file_uploader[0].upload("mine.safetensors", file_content(FORMATS["weights"], run), "application/octet-stream").run()
    at.selectbox(key="runs.load.like").select(studio.runs["vae"].id).run()
    at.button(key="runs.load.weights").click().run()
    assert "mine.safetensors, tensor" in at.error[0].value
    at.selectbox(key="runs.load.like").select(run.id).run()
    at.button(key="runs.load.weights").click().run()
    assert not at.exception
    assert open_run(studio.workspace, at.query_params["run"]).name == "mine"


def test_folds_are_summarised_and_compared(studio: Studio) -> None:
    config = studio.runs["ae"].config.replace({"folds": 3, "training.epochs": 1})
    runs = create_folds(studio.workspace, config, "crossed", "dense-ae")
    for run in runs[:2]:
        train(run, "cpu")
    open_catalogue(studio.workspace).rebuild()
    done = finished_folds(runs[0])
    at = studio.open("runs", run=runs[0].id)
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Mean squared error, test, over the folds"] == str(spread(done))
    at.button(key="runs.folds").click().run()
    assert not at.exception
    assert at.query_params["runs"] == ",".join(run.id for run in done)
    figures = next(table.value for table in at.dataframe if "PCA of the same size" in table.value.index)
    assert figures.loc["Mean ± spread over its folds", "A"] == f"{spread(done)} (2)"


def test_damaged_runs_are_shown_with_their_reason_and_can_be_removed(studio: Studio) -> None:
    (studio.runs["vae"].folder / "latents.npy").write_bytes(b"")
    (studio.runs["vq"].folder / "run.json").write_bytes(b"[]")
    for page in ("explore", "compare", "train", "data", "search", "runs"):
        at = studio.open(page)
        assert not at.exception
        assert not at.error
    assert list(at.dataframe[0].value["name"]) == ["ae"]
    texts = " ".join(text.value for text in at.markdown)
    assert "latents.npy is empty" in texts
    assert "run.json, the record is a list" in texts
    for name in ("vae", "vq"):
        at.button(key=f"run.damaged.{studio.runs[name].id}").click().run()
        assert not at.exception
        assert not studio.runs[name].folder.exists()
    assert "damaged" not in " ".join(text.value for text in at.markdown)
