"""Splits that uploads give themselves: by folders, names of files and arrays, or a column."""

import numpy as np
import pandas as pd
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from aeexplorer.data.split import SplitSettings, completed_split
from aeexplorer.data.uploads.given_split import gives_split, splits_of_names
from tests.data.making import npz, png, upload, zipped


def parts(dataset: Dataset) -> list[str]:
    return [("train", "validation", "test")[code] for code in dataset.split]


def folder_zip(folders: list[str], n: int = 4, **others: bytes) -> bytes:
    return zipped({f"{folder}/{i}.png": png(10 * k + i) for k, folder in enumerate(folders) for i in range(n)} | others)


@pytest.mark.parametrize(
    ("folders", "labels"),
    [
        (["data/train/cat", "data/train/dog", "data/test/cat", "data/validation/dog"], ["cat", "dog"]),
        (["cat/Training", "dog/Training", "cat/Testing", "dog/val"], ["cat", "dog"]),
        (["train", "test", "val"], []),
        (["train_images", "test_images", "dev_images"], []),
    ],
    ids=["above", "below", "flat", "compound"],
)
def test_folders_give_the_split_and_are_no_labels(workspace: Workspace, folders: list[str], labels: list[str]) -> None:
    content = folder_zip(folders)
    guess = inspect(upload("z.zip", content))
    assert "keep_split" in guess.choices
    assert any("the split is given by the folders" in note for note in guess.notes)
    assert sorted(guess.labels) == labels
    dataset = ingest(workspace, upload("z.zip", content))
    assert dataset.label_names == labels
    for source, part in zip(dataset.table["source"].to_pylist(), parts(dataset), strict=True):
        expected = "train" if "rain" in source else "validation" if "va" in source or "dev" in source else "test"
        assert part == expected, source


def test_a_given_split_can_be_ignored(workspace: Workspace) -> None:
    dataset = ingest(workspace, upload("z.zip", folder_zip(["train", "test"], 10)), IngestOptions(keep_split=False))
    assert [parts(dataset).count(part) for part in ("train", "validation", "test")] == [16, 2, 2]
    assert dataset.label_names == []


def test_classes_named_like_a_split_stay_labels(workspace: Workspace) -> None:
    dataset = ingest(workspace, upload("z.zip", folder_zip(["train", "bus", "car"])))
    assert dataset.label_names == ["bus", "car", "train"]
    assert splits_of_names(["train_station", "test_tube"]) is None
    assert splits_of_names(["test", "val"]) is None


def test_two_zips_named_train_and_test_give_the_split(workspace: Workspace) -> None:
    zips = [
        Upload(f"{part}.zip", zipped({f"{part}{i}.png": png(k * 9 + i) for i in range(5)}))
        for k, part in enumerate(("train", "test"))
    ]
    dataset = ingest(workspace, zips)
    is_test = [source.startswith("test") for source in dataset.table["source"].to_pylist()]
    assert [part == "test" for part in parts(dataset)] == is_test


def test_the_column_of_a_manifest_is_preferred_to_folders(workspace: Workspace) -> None:
    rows = "".join(
        f"{folder}/{i}.png,{'abc'[i % 3]},{'TEST' if i == 3 else 'Train'}\n" for folder in ("train", "test") for i in range(4)
    )
    content = folder_zip(["train", "test"], **{"m.csv": ("file,label,split\n" + rows).encode()})
    dataset = ingest(workspace, upload("z.zip", content), IngestOptions(split=SplitSettings(validation=0)))
    assert dataset.label_names == ["a", "b", "c"]
    assert [part == "test" for part in parts(dataset)] == [
        source.endswith("3.png") for source in dataset.table["source"].to_pylist()
    ]


def test_a_manifest_of_files_and_splits_has_no_labels(workspace: Workspace) -> None:
    manifest = "file,split\n" + "".join(f"{i}.png,{'test' if i > 5 else 'train'}\n" for i in range(8))
    dataset = ingest(workspace, upload("z.zip", zipped({f"{i}.png": png(i) for i in range(8)} | {"m.csv": manifest.encode()})))
    assert dataset.label_names == []
    assert [i for i, part in enumerate(parts(dataset)) if part == "test"] == [6, 7]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("split", ["train", "val", "test"]),
        ("Subset", ["Training", "valid", "TESTING"]),
        ("partition", ["0", "1", "2"]),
        ("Usage", ["Training", "PublicTest", "PrivateTest"]),
    ],
    ids=["split", "Subset", "partition", "Usage"],
)
def test_a_column_of_a_table_gives_the_split_and_is_not_learned(workspace: Workspace, name: str, words: list[str]) -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [30, 10, 8])
    table = pd.DataFrame(rng.normal(size=(48, 3)), columns=["a", "b", "c"])
    table.insert(1, name, np.array(words)[codes])
    content = table.to_csv(index=False).encode()
    assert "keep_split" in inspect(upload("t.csv", content)).choices
    dataset = ingest(workspace, upload("t.csv", content))
    np.testing.assert_array_equal(dataset.split, codes)
    assert [c["name"] for c in dataset.main_field.meta["columns"]] == ["a", "b", "c"]
    assert dataset.label_names == []


def test_values_that_are_no_splits_give_none() -> None:
    assert gives_split("is_train", {"1": 40, "0": 10})
    assert gives_split("split", {"0": 40, "1": 10})
    assert not gives_split("split", {"0": 10, "1": 40})
    assert not gives_split("split", {"a": 10, "b": 40})
    assert not gives_split("set", {"train": 10, "bus": 40})
    assert not gives_split("vehicle", {"train": 10, "test": 40})


def test_arrays_named_train_and_test_are_joined_with_their_split(workspace: Workspace) -> None:
    x = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    y = np.arange(30) % 3
    arrays = npz(x_train=x[:20], y_train=y[:20], x_test=x[20:], y_test=y[20:])
    dataset = ingest(workspace, upload("mnist.npz", arrays), IngestOptions(split=SplitSettings(validation=0)))
    np.testing.assert_array_equal(dataset.main_field.array[:, 0], x)
    np.testing.assert_array_equal(dataset.labels, y)
    np.testing.assert_array_equal(dataset.split, np.repeat([0, 2], [20, 10]))
    named = npz(train_images=x[:20], train_labels=y[:20], val_images=x[20:24], val_labels=y[20:24], test_images=x[24:])
    dataset = ingest(workspace, upload("medmnist.npz", named))
    np.testing.assert_array_equal(dataset.split, np.repeat([0, 1, 2], [20, 4, 6]))
    assert dataset.label_names == []  # the test samples have none


def test_ts_files_named_train_and_test_keep_their_split(workspace: Workspace) -> None:
    header = "@problemName T\n@timeStamps false\n@classLabel true a b\n@data\n"
    lines = [f"{i},{i * i % 7},{i + 1},{i % 3}:{'ab'[i % 2]}" for i in range(20)]
    files = {"T_TEST.ts": lines[14:], "T_TRAIN.ts": lines[:14]}
    uploads = [Upload(name, (header + "\n".join(part)).encode()) for name, part in files.items()]
    dataset = ingest(workspace, uploads, IngestOptions(split=SplitSettings(validation=0)))
    np.testing.assert_array_equal(dataset.split, np.repeat([2, 0], [6, 14]))


def test_a_part_that_a_given_split_lacks_is_drawn_from_its_training_samples() -> None:
    given, labels = np.array([0] * 40 + [2] * 10 + [-1] * 10, np.int8), np.arange(60) % 2
    split = completed_split(given, labels, SplitSettings(validation=0.2))
    assert (split[40:50] == 2).all()
    assert (split == 2).sum() == 10
    assert (split == 1).sum() == 10  # a fifth of the fifty others
    assert (split[labels == 0] == 1).sum() == 5


def test_tables_named_train_and_test_are_joined_with_their_split(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([np.arange(24) % 3 + 1, rng.normal(size=(24, 5)).round(3)])
    files = {"Coffee_TEST.tsv": rows[16:], "Coffee_TRAIN.tsv": rows[:16]}  # as in the UCR archive: a label, then the steps
    uploads = [
        Upload(name, "\n".join("\t".join(f"{value:g}" for value in row) for row in part).encode()) for name, part in files.items()
    ]
    assert "keep_split" in inspect(uploads).choices
    dataset = ingest(workspace, uploads, IngestOptions(split=SplitSettings(validation=0)))
    np.testing.assert_array_equal(dataset.split, np.repeat([0, 2], [16, 8]))
    assert "split (files)" not in [c["name"] for c in dataset.main_field.meta["columns"]]
    np.testing.assert_allclose(dataset.main_field.array[:, -5:], rows[:, 1:], rtol=1e-5)


def test_a_test_table_may_lack_the_labels_but_not_have_other_columns(workspace: Workspace) -> None:
    rng = np.random.default_rng(0)
    train = pd.DataFrame(rng.normal(size=(20, 3)), columns=["a", "b", "c"]).assign(label=["x", "y"] * 10)
    test = pd.DataFrame(rng.normal(size=(6, 3)), columns=["a", "b", "c"])
    uploads = [Upload("train.csv", train.to_csv(index=False).encode()), Upload("test.csv", test.to_csv(index=False).encode())]
    dataset = ingest(workspace, uploads)
    assert (dataset.split[20:] == 2).all()
    assert dataset.table["label"].to_pylist()[18:22] == ["x", "y", None, None]
    uploads[1] = Upload("test.csv", test.assign(d=1).to_csv(index=False).encode())
    with pytest.raises(UploadRejected, match=r"test\.csv: it has the column 'd', which train\.csv does not have"):
        ingest(workspace, uploads)
