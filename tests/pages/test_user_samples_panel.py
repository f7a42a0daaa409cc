"""The panel Yours on the page: rows, texts, files, and samples like a sample of the dataset."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.texts import Vocabulary, pad_ids
from aeexplorer.jobs import train
from aeexplorer.public import new_run
from aeexplorer.training.run import Run
from aeexplorer.ui.session.user_samples import UserSampleList
from tests.pages.studio import Studio

LINES = ["a dark square", "a bright square", "a bright disc", "a dark disc"]


def opened(studio: Studio, run: Run, **address: Any) -> AppTest:
    return studio.open("explore", run=run.id, method="pca", panel="yours", **address)


def user_samples(at: AppTest, run: Run) -> UserSampleList:
    samples = at.session_state[f"yours.{run.dataset.id}"]
    assert isinstance(samples, UserSampleList)
    return samples


def texts(at: AppTest) -> str:
    return "\n".join(element.value for element in [*at.markdown, *at.caption])


def toggle(at: AppTest, part: str) -> Any:
    return next(switch for switch in at.toggle if switch.key and part in switch.key)


def picture(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def test_a_row_starts_with_typical_values_and_becomes_a_user_sample(
    studio: Studio, send_chart_event: Callable[..., None]
) -> None:
    run = studio.runs["ae"]
    at = opened(studio, run)
    field = run.dataset.main_field
    boxes = [box for box in at.number_input if box.key and ".row." in box.key]
    assert boxes[0].value == pytest.approx(float(np.nanmedian(field.array[:, 0])))
    boxes[0].set_value(9.5).run()
    assert not at.exception
    (entry,) = user_samples(at, run).entries
    assert entry.user_sample.samples["table"][0] == np.float32(9.5)
    assert "higher than that of" in texts(at)

    sample = 9  # its second column is missing
    send_chart_event(at, "map", 5, click=None, id=sample)
    assert at.query_params["like"] == str(sample)
    assert f"**sample {sample}**" in texts(at)
    boxes = [box for box in at.number_input if box.key and ".row." in box.key]
    assert boxes[0].value == pytest.approx(float(field.array[sample, 0]))
    assert boxes[1].value is None
    assert len(user_samples(at, run).entries) == 1


def test_samples_like_a_sample_of_the_dataset_are_selected_and_the_address_names_it(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = opened(studio, run, like=37)
    latents = run.latents(run.dataset.ids())
    order = np.argsort(np.linalg.norm(latents - latents[37], axis=1), kind="stable")
    near = [i for i in order.tolist() if i != 37][:8]
    assert "Nearest samples" in texts(at)
    at.button(key="yours.light").click().run()
    assert not at.exception
    assert f"**{len(near)}** of {run.dataset.n:,} selected" in texts(at)
    assert f"{near[0]} (" in texts(at)
    at.number_input(key="explore.like").set_value(11).run()
    assert "**sample 11**" in texts(at)


def test_an_uploaded_sample_of_the_dataset_is_unchanged_and_can_be_removed_and_restored(studio: Studio) -> None:
    run = studio.runs["vae"]
    at = opened(studio, run)
    next(box for box in at.button_group if box.key and ".way." in box.key).set_value("upload").run()
    own = np.asarray(run.dataset.main_field.array[20])
    toggle(at, ".centre.").set_value(False).run()
    at.file_uploader[0].upload("<b>mine</b>.png", picture(own[0]), "image/png").run()
    assert not at.exception
    (entry,) = user_samples(at, run).entries
    assert np.array_equal(entry.user_sample.samples["image"], own)
    assert "\\<b\\>mine" in texts(at)
    toggle(at, ".invert.").set_value(True).run()
    assert np.array_equal(user_samples(at, run).entries[0].user_sample.samples["image"], 255 - own)
    at.button(key="yours.remove").click().run()
    assert user_samples(at, run).entries == ()
    at.button(key="yours.bring back").click().run()
    assert len(user_samples(at, run).entries) == 1
    assert not at.exception


def test_a_broken_file_is_refused_with_a_message_and_not_stored(studio: Studio) -> None:
    run = studio.runs["vq"]
    at = opened(studio, run)
    before = sorted(path for path in studio.workspace.root.rglob("*") if path.is_file())
    next(box for box in at.button_group if box.key and ".way." in box.key).set_value("upload").run()
    at.file_uploader[0].upload("evil.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "image/png").run()
    assert [error.value for error in at.error] == [
        "evil.png\\: the file is not a readable picture. Save it again as one of PNG, JPEG, WEBP, BMP, GIF, TIFF."
    ]
    assert user_samples(at, run).entries == ()
    assert sorted(path for path in studio.workspace.root.rglob("*") if path.is_file() and "projections" not in path.parts) == [
        path for path in before if "projections" not in path.parts
    ]


def captioned(studio: Studio) -> Dataset:
    """A dataset of small squares and discs, each with a line of text."""
    rng = np.random.default_rng(0)
    n = 60
    kinds = rng.integers(0, 4, n)
    pictures = np.full((n, 1, 8, 8), 100, np.uint8) + kinds[:, None, None, None].astype(np.uint8) * 30
    pictures[:, :, 2:6, 2:6] += rng.integers(0, 20, (n, 1, 4, 4), np.uint8)
    vocabulary = Vocabulary.from_texts(LINES, "characters", 64)
    ids, _ = pad_ids(vocabulary.encode([LINES[kind] for kind in kinds]), 16)
    fields = {"image": NewField("image", pictures, {}), "text": NewField("text", ids, vocabulary.meta)}
    table = pa.table({"label": [LINES[kind] for kind in kinds], "source": ["x"] * n})
    return create_dataset(studio.workspace, "captioned", fields, table, np.array([0, 0, 0, 1, 2], np.int8)[np.arange(n) % 5])


def test_with_several_fields_a_text_alone_shows_a_reconstructed_picture(empty_studio: Studio) -> None:
    quick = {"model.network": "dense", "model.hidden": 8, "model.latent_dim": 2, "training.epochs": 1}
    run = new_run(empty_studio.workspace, captioned(empty_studio), "vae", quick)
    train(run, "cpu")
    at = opened(empty_studio, run)
    next(box for box in at.button_group if box.key and box.key.endswith(".field")).set_value("text").run()
    at.text_area[0].set_value("a bright disc").run()
    assert not at.exception
    (entry,) = user_samples(at, run).entries
    assert list(entry.user_sample.samples) == ["text"]
    assert "which was not given" in texts(at)
    assert "of the fields that were given" in texts(at)
    text_only = texts(at)
    next(box for box in at.button_group if box.key and box.key.endswith(".field")).set_value("image").run()
    next(box for box in at.button_group if box.key and ".way." in box.key).set_value("upload").run()
    at.file_uploader[0].upload("dark.png", picture(np.full((8, 8), 90, np.uint8)), "image/png").run()
    assert list(user_samples(at, run).entries[0].user_sample.samples) == ["image", "text"]
    both = texts(at)
    assert "higher than that of" in both
    next(box for box in at.button_group if box.key and ".seen." in box.key).set_value(["text"]).run()
    nearest = next(caption.value for caption in at.caption if caption.value.startswith("Nearest samples"))
    assert nearest in text_only
    assert nearest not in both
    next(box for box in at.button_group if box.key and box.key.endswith(".field")).set_value("text").run()
    at.text_area[0].set_value("  ").run()
    assert list(user_samples(at, run).entries[0].user_sample.samples) == ["image"]
    assert not at.exception
