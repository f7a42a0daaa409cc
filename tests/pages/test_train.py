"""Tests of the page Train through its script. The run is trained in this process instead of in a worker."""

from aeexplorer.jobs import status
from aeexplorer.jobs.worker import train
from aeexplorer.models.presets import presets
from aeexplorer.training.run import open_run
from tests.pages.studio import Studio


def offered(studio: Studio, dataset: str) -> list[str]:
    return [pill.content for pill in studio.open("train", dataset=dataset).button_group(key="train.preset").proto.options]


def test_without_a_dataset_the_page_links_to_data(empty_studio: Studio) -> None:
    at = empty_studio.open("train")
    assert len(at.info) == 1
    at.button(key="train.data").click().run()
    assert [heading.value for heading in at.subheader] == ["Your own files", "Built in", "From the Hugging Face hub"]


def test_only_presets_that_fit_the_data_are_offered(studio: Studio) -> None:
    images, tables = (offered(studio, studio.runs[run].dataset.id) for run in ("vae", "ae"))
    assert images == [preset.title for preset in presets().values() if preset.name != "word-dropout-ae"]
    assert set(images) - set(tables) == {"Conv AE", "Masked AE"}


def test_settings_change_the_estimate(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    at = studio.open("train", dataset=dataset.id, preset="vae")
    before = next(text.value for text in at.markdown if "parameters" in text.value)
    at.number_input(key=f"train.{dataset.id}.vae:model.bottleneck.latent_dim").set_value(5).run()
    after = next(text.value for text in at.markdown if "parameters" in text.value)
    assert before != after
    assert "**5** numbers" in after


def test_train_queues_the_run_and_shows_its_results(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    at = studio.open("train", dataset=dataset.id, preset="dense-ae")
    at.number_input(key=f"train.{dataset.id}.dense-ae:training.epochs").set_value(2).run()
    at.text_input(key="train.name").set_value("Mine").run()
    at.button(key="train.start").click().run()
    assert not at.exception
    run = open_run(studio.workspace, str(at.query_params["run"]))
    assert (run.name, run.config.training.epochs, status(run).state) == ("Mine", 2, "queued")
    assert {"train.pause", "train.cancel"} <= {button.key for button in at.button}

    train(run, "cpu")
    again = studio.open("train", run=run.id)
    assert [metric.label for metric in again.metric][:2] == ["Mean squared error, test", "PCA, 16 components"]
    again.button(key="train.explore").click().run()
    assert not again.exception
    assert again.query_params["run"] == run.id
    assert "Reconstructions" in [tab.label for tab in again.tabs]


def test_the_same_settings_open_the_existing_run(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    found = []
    for _ in range(2):
        at = studio.open("train", dataset=dataset.id, preset="linear-ae")
        at.button(key="train.start").click().run()
        found.append(str(at.query_params["run"]))
    assert found[0] == found[1]


def test_pause_resume_and_cancel(studio: Studio) -> None:
    at = studio.open("train", dataset=studio.runs["vae"].dataset.id, preset="dense-ae")
    at.button(key="train.start").click().run()
    run = open_run(studio.workspace, str(at.query_params["run"]))
    at.button(key="train.pause").click().run()
    assert status(run).state == "paused"
    at.button(key="train.resume").click().run()
    assert status(run).state == "queued"
    at.button(key="train.cancel").click().run()
    assert status(run).state == "cancelled"
    at.button(key="train.new").click().run()
    assert "run" not in at.query_params
    assert at.query_params["preset"] == "dense-ae"


def test_an_unknown_run_is_gone(studio: Studio) -> None:
    at = studio.open("train", run="run-ffffffffffff")
    assert "This run is gone" in at.warning[0].value
    at.button(key="gone.leave").click().run()
    assert "run" not in at.query_params
    assert not at.warning


def test_an_invalid_setting_trains_nothing_else_silently(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    at = studio.open("train", dataset=dataset.id, preset="vae")
    epochs = f"train.{dataset.id}.vae:training.epochs"
    for value in (0, -3, 10_001):
        at.number_input(key=epochs).set_value(value).run()
        assert not at.exception
        assert any("choose a number from 1 to 10,000" in text.value for text in at.markdown)
        assert len(at.error) == 1
        assert f"Epochs\\: {value:,} is not possible" in at.error[0].value
        assert at.button(key="train.start").disabled
    at.number_input(key=epochs).set_value(3).run()
    assert not at.error
    assert not at.button(key="train.start").disabled
