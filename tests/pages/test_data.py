"""Tests of the page Data through its script."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from aeexplorer.data.dataset import open_dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from tests.pages.studio import Studio


def pictures(count: int = 24) -> bytes:
    """Return a zip of grey pictures in two folders."""
    rng = np.random.default_rng(0)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for i in range(count):
            file = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (9, 9), np.uint8)).save(file, "PNG")
            archive.writestr(f"{'cats' if i % 2 else 'dogs'}/{i}.png", file.getvalue())
    return out.getvalue()


def test_builtin_datasets_load_with_one_click(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.button(key="data.load.digits").click().run()
    assert not at.exception
    assert [heading.value for heading in at.subheader] == ["digits"]
    assert str(at.query_params["dataset"]).startswith("ds-")
    assert {metric.label: metric.value for metric in at.metric}["Samples"] == "1,797"


def test_a_dataset_of_the_hub_is_requested_by_name(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.text_input(key="data.hub.name").set_value("no such name")
    at.button(key="data.hub.load").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == [
        "'no such name' is not the name of a dataset. Write OWNER/NAME, as on huggingface.co/datasets."
    ]


def test_a_zip_becomes_a_dataset_with_its_folders_as_labels(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.file_uploader[0].upload("pets.zip", pictures(), "application/zip").run()
    assert not at.exception
    assert any("cats" in text.value for text in at.markdown)
    at.text_input[0].set_value("My pets").run()
    at.button(key="data.add").click().run()
    assert not at.exception
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert (dataset.name, dataset.n, dataset.label_names) == ("My pets", 24, ["cats", "dogs"])


def test_a_folder_is_uploaded_with_its_folders_as_labels(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.toggle(key="data.folder").set_value(True).run()
    with zipfile.ZipFile(io.BytesIO(pictures())) as archive:
        files = [(f"pets/{name}", archive.read(name), "image/png") for name in archive.namelist()]
    at.file_uploader[0].set_value(files).run()
    assert not at.exception
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert (dataset.name, dataset.n, dataset.label_names) == ("pets", 24, ["cats", "dogs"])


def test_uploads_beyond_the_limit_of_a_user_are_refused(empty_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEEXPLORER_MAX_USER_MB", "1")
    out = io.BytesIO(pictures())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("notes.txt", bytes(600_000))
    at = empty_studio.open("data")
    at.file_uploader[0].upload("first.zip", out.getvalue(), "application/zip").run()
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    at.button(key="data.new").click().run()
    at.file_uploader[0].upload("second.zip", out.getvalue(), "application/zip").run()
    assert "1 MB in this session, and a user may upload 1 MB" in at.error[0].value
    assert "data.add" not in [button.key for button in at.button]


def test_a_rejected_upload_shows_one_message_with_the_file_name_and_stores_nothing(empty_studio: Studio) -> None:
    at = empty_studio.open("data")
    at.file_uploader[0].upload("broken.zip", b"PK\x03\x04 not really", "application/zip").run()
    assert not at.exception
    assert len(at.error) == 1
    assert "broken" in at.error[0].value
    assert not list(empty_studio.workspace.datasets.glob("ds-*"))


def test_a_table_offers_its_columns(empty_studio: Studio) -> None:
    rows = "\n".join(f"{i},{i * 0.5},{i * i},{'xy'[i % 2]}" for i in range(40))
    at = empty_studio.open("data")
    at.file_uploader[0].upload("t.csv", f"a,b,c,kind\n{rows}\n".encode(), "text/csv").run()
    assert not at.exception
    assert {"a", "b"} <= set(at.multiselect[0].options)
    at.multiselect[0].set_value(["a", "b"]).run()
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert dataset.main_field.shape == (2,)


def test_changing_the_missing_texts_inspects_the_table_again(empty_studio: Studio) -> None:
    rows = "\n".join(f"{i * 0.5},{'nichts' if i % 4 == 0 else i * i},{'xy'[i % 2]}" for i in range(40))
    at = empty_studio.open("data")
    at.file_uploader[0].upload("t.csv", f"a,b,kind\n{rows}\n".encode(), "text/csv").run()
    assert list(at.multiselect[0].value) == ["a"]
    missing = next(field for field in at.text_input if field.label == "Missing texts")
    missing.set_value("nichts").run()
    assert not at.exception
    assert any("'nichts' (10)" in caption.value.replace("\\", "") for caption in at.caption)
    assert list(at.multiselect[0].value) == ["a", "b"]
    at.button(key="data.add").click().run()
    assert [error.value for error in at.error] == []
    dataset = open_dataset(empty_studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(dataset.main_field.array[:, 1])), np.arange(0, 40, 4))


def test_renaming_changes_the_name_and_not_the_dataset(studio: Studio) -> None:
    dataset = studio.runs["ae"].dataset
    at = studio.open("data", dataset=dataset.id)
    at.text_input(key=f"data.name.{dataset.id}").set_value("Better name").run()
    at.button(key="data.rename").click().run()
    assert [heading.value for heading in at.subheader] == ["Better name"]
    assert at.query_params["dataset"] == dataset.id


def test_a_dataset_in_use_is_not_removed(studio: Studio) -> None:
    at = studio.open("data", dataset=studio.runs["ae"].dataset.id)
    assert "data.remove" not in [button.key for button in at.button]
    assert any("run uses it" in text.value for text in at.markdown)


def test_an_unused_dataset_is_removed(studio: Studio) -> None:
    extra = ingest(studio.workspace, [Upload("pets.zip", pictures())], IngestOptions(name="pets"))
    at = studio.open("data", dataset=extra.id)
    at.button(key="data.remove").click().run()
    assert not at.exception
    assert not extra.folder.exists()
    assert "dataset" not in at.query_params


def test_train_on_this_opens_the_page_train(studio: Studio) -> None:
    dataset = studio.runs["ae"].dataset
    at = studio.open("data", dataset=dataset.id)
    at.button(key="data.train").click().run()
    assert not at.exception
    assert at.selectbox(key="train.dataset").value == dataset.id


def test_a_removed_dataset_is_restored_with_one_click(studio: Studio) -> None:
    extra = ingest(studio.workspace, [Upload("pets.zip", pictures())], IngestOptions(name="pets"))
    at = studio.open("data", dataset=extra.id)
    at.button(key="data.remove").click().run()
    at.button(key=f"data.undo.{extra.id}").click().run()
    assert not at.exception
    assert extra.folder.exists()
    assert at.query_params["dataset"] == extra.id
    assert f"data.undo.{extra.id}" not in [button.key for button in at.button]


def test_another_split_makes_another_dataset(studio: Studio) -> None:
    dataset = studio.runs["ae"].dataset
    at = studio.open("data", dataset=dataset.id)
    at.slider(key=f"data.divide.{dataset.id}:split.test").set_value(0.4).run()
    at.button(key="data.divide").click().run()
    assert not at.exception
    made = open_dataset(studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert made.id != dataset.id
    assert len(made.ids("test")) == round(0.4 * made.n)


def test_scaling_by_z_scores_makes_another_dataset(studio: Studio) -> None:
    dataset = studio.runs["ae"].dataset
    at = studio.open("data", dataset=dataset.id)
    at.button(key="data.scale").click().run()
    assert not at.exception
    made = open_dataset(studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert made.main_field.meta["scaling"] == "z-score"
    assert np.array_equal(made.split, dataset.split)


def test_channels_of_pictures_are_scaled_as_chosen(studio: Studio) -> None:
    dataset = studio.runs["vae"].dataset
    at = studio.open("data", dataset=dataset.id)
    at.segmented_control(key=f"data.scale.{dataset.id}.pixels").set_value("z-score").run()
    assert any("below by z-score" in caption.value for caption in at.caption)
    at.button(key="data.scale").click().run()
    assert not at.exception
    made = open_dataset(studio.workspace.dataset_folder(str(at.query_params["dataset"])))
    assert made.main_field.meta["scaling"] == "z-score"
    assert len(made.main_field.meta["channels"]) == made.main_field.shape[0]


def test_duplicates_are_counted_and_leaks_are_warned_of(studio: Studio) -> None:
    doubled = zipfile.ZipFile(io.BytesIO(pictures()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in doubled.namelist():
            archive.writestr(name, doubled.read(name))
            archive.writestr(f"again-{name}", doubled.read(name))
    dataset = ingest(studio.workspace, [Upload("twice.zip", out.getvalue())], IngestOptions(name="twice"))
    at = studio.open("data", dataset=dataset.id)
    assert any("**24** samples are the same" in text.value for text in at.markdown)
    assert any("also trained on" in warning.value for warning in at.warning)
