"""What is learned from texts while they are read comes from the training split alone."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest

TEXTS = [f"common words and special{chr(97 + i // 26)}{chr(97 + i % 26)} here" for i in range(120)]


def special_words(dataset: Dataset, split: str) -> set[str]:
    return {TEXTS[i].split()[3] for i in dataset.ids(split)}


@pytest.mark.parametrize("label", [None, "two", "many"])
@pytest.mark.parametrize("given", [False, True])
def test_words_of_validation_and_test_are_not_in_the_vocabulary(workspace: Workspace, label: str | None, given: bool) -> None:
    """The vocabulary and the weights were learned from all texts, test split included."""
    rows = []
    for i, text in enumerate(TEXTS):
        cells = [
            text,
            *([f"class {i % 2 if label == 'two' else i % 7}"] if label else []),
            *(["test" if i % 3 else "train"] * given),
        ]
        rows.append(",".join(cells))
    header = ",".join(["text", *(["kind"] if label else []), *(["split"] * given)])
    content = "\n".join([header, *rows, ""]).encode()
    options = IngestOptions().replace(
        {"text.text_column": "text", "text.tokens": "tf_idf", "label_column": "kind" if label else ""}
    )
    dataset = ingest(workspace, [Upload("texts.csv", content)], options)
    words = dataset.main_field.meta["tokens"]
    assert {word for word in words if word.startswith("special")} == special_words(dataset, "train")
    if given:
        assert dataset.ids("test").tolist() == [i for i in range(120) if i % 3]
    training = [TEXTS[i] for i in dataset.ids("train")]
    expected = TfidfVectorizer(sublinear_tf=True).fit(training).transform(TEXTS).toarray()
    np.testing.assert_allclose(dataset.main_field.array, expected, atol=1e-6)


def test_characters_of_the_test_split_are_unknown(workspace: Workspace) -> None:
    lines = [f"some letters {chr(0x4E00 + i)}" for i in range(60)]
    options = IngestOptions().replace({"text.tokens": "characters", "text.text_unit": "line"})
    dataset = ingest(workspace, [Upload("lines.txt", "\n".join(lines).encode())], options)
    tokens = set(dataset.main_field.meta["tokens"])
    assert all(lines[i][-1] in tokens for i in dataset.ids("train"))
    assert not any(lines[i][-1] in tokens for i in np.concatenate([dataset.ids("validation"), dataset.ids("test")]))


def test_captions_beside_pictures_are_learned_from_the_training_split(workspace: Workspace) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for i in range(60):
            picture = io.BytesIO()
            Image.fromarray(np.full((8, 8), 4 * i, np.uint8)).save(picture, "png")
            out.writestr(f"{i:02}.png", picture.getvalue())
        captions = "\n".join(f"{i:02}.png,{TEXTS[i] if i % 5 else ''}" for i in range(60))
        out.writestr("captions.csv", f"file,caption\n{captions}\n")
    options = IngestOptions().replace({"text.tokens": "tf_idf"})
    dataset = ingest(workspace, [Upload("pairs.zip", archive.getvalue())], options)
    field = next(field for field in dataset.fields.values() if field.meta.get("representation") == "bag")
    expected = {TEXTS[i].split()[3] for i in dataset.ids("train") if i % 5}
    assert {word for word in field.meta["tokens"] if word.startswith("special")} == expected
