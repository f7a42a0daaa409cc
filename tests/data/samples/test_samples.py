import bz2
import gzip
import hashlib
import http.server
import threading
import urllib.error
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from aeexplorer.core.errors import UserError
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.library import load_builtin_dataset
from aeexplorer.data.samples import _raw, cifar10
from aeexplorer.data.samples._idx import PARTS, read_idx
from aeexplorer.data.samples.shapes import SHAPES, draw

SETS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}


@pytest.fixture(autouse=True)
def _offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the raw files of this machine, and disconnect the network."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AEEXPLORER_DATA_DIR", raising=False)

    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("offline")

    monkeypatch.setattr(_raw.urllib.request, "urlopen", refuse)


def _idx_file(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes() + array.tobytes()


def _raw_files(folder: Path, packed: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    shapes = ((7, 28, 28), (7,), (4, 28, 28), (4,))
    arrays = {part: rng.integers(0, 10, shape, np.uint8) for part, shape in zip(PARTS, shapes, strict=True)}
    for part, array in arrays.items():
        content = _idx_file(array)
        (folder / f"{part}{'.gz' if packed else ''}").write_bytes(gzip.compress(content) if packed else content)
    return arrays


def _check(dataset: Dataset, arrays: dict[str, np.ndarray]) -> None:
    pixels = dataset.main_field.array[:, 0]
    np.testing.assert_array_equal(pixels[dataset.ids("train")], arrays[PARTS[0]])
    np.testing.assert_array_equal(pixels[dataset.ids("test")], arrays[PARTS[2]])
    assert len(dataset.ids("validation")) == 0


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("layout", ["plain", "torchvision", "torchvision gzipped"])
def test_raw_files_are_found_in_either_layout(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, layout: str
) -> None:
    folder = tmp_path / "raw" / name if layout == "plain" else tmp_path / "raw" / SETS[name] / "raw"
    arrays = _raw_files(folder, packed=layout != "torchvision")
    monkeypatch.setenv("AEEXPLORER_DATA_DIR", str(tmp_path / "raw"))
    dataset = load_builtin_dataset(workspace, name)
    _check(dataset, arrays)
    assert dataset.table["label"].null_count == 0
    if name == "mnist":
        assert dataset.table["label"].to_pylist() == [str(v) for v in (*arrays[PARTS[1]], *arrays[PARTS[3]])]


@pytest.mark.parametrize("name", [*SETS, "cifar10", "usps", "svhn"])
def test_missing_raw_files_without_a_network_are_one_clear_error(workspace: Workspace, name: str) -> None:
    with pytest.raises(UserError, match=r"could not be downloaded \(.*offline.*AEEXPLORER_DATA_DIR"):
        load_builtin_dataset(workspace, name)
    assert list(workspace.datasets.iterdir()) == []


@pytest.mark.parametrize("place", ["", "usps"])
def test_usps_is_read_from_text_files(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (12, 256))
    lines = [
        f"{1 + i % 10} " + " ".join(f"{j + 1}:{v / 127.5 - 1:.5f}" for j, v in enumerate(row)) for i, row in enumerate(levels)
    ]
    (tmp_path / place).mkdir(exist_ok=True)
    for name, part in (("usps.bz2", lines[:8]), ("usps.t.bz2", lines[8:])):
        (tmp_path / place / name).write_bytes(bz2.compress("\n".join(part).encode()))
    monkeypatch.setenv("AEEXPLORER_DATA_DIR", str(tmp_path))
    dataset = load_builtin_dataset(workspace, "usps")
    np.testing.assert_array_equal(dataset.main_field.array.reshape(12, 256), levels)
    assert dataset.table["label"].to_pylist() == [str(i % 10) for i in range(12)]
    assert dataset.ids("test").tolist() == [8, 9, 10, 11]


def test_svhn_is_read_from_matlab_files(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 12), np.uint8)
    digits = np.arange(1, 13)[:, None] % 10 + 1
    for name, part in (("train", slice(0, 8)), ("test", slice(8, 12))):
        savemat(tmp_path / f"{name}_32x32.mat", {"X": pixels[..., part], "y": digits[part].astype(np.uint8)})
    monkeypatch.setenv("AEEXPLORER_DATA_DIR", str(tmp_path))
    dataset = load_builtin_dataset(workspace, "svhn")
    np.testing.assert_array_equal(dataset.main_field.array.transpose(2, 3, 1, 0), pixels)
    assert dataset.table["label"].to_pylist()[:10] == ["2", "3", "4", "5", "6", "7", "8", "9", "0", "1"]


@pytest.mark.parametrize(("name", "file"), [("usps", "usps{}.bz2"), ("svhn", "{}_32x32.mat")])
def test_damaged_files_of_usps_and_svhn_are_named(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    for part in ("", ".t", "train", "test"):
        (tmp_path / file.format(part)).write_bytes(b"nothing of the kind" * 20)
    monkeypatch.setenv("AEEXPLORER_DATA_DIR", str(tmp_path))
    with pytest.raises(UserError, match=r"cannot be read.*Remove the file"):
        load_builtin_dataset(workspace, name)


@pytest.mark.parametrize("damage", [b"", b"\0\0\x08", b"\0\0\x08\x01\0\0\0\x09abc", b"\x1f\x8bnope"])
def test_damaged_idx_files_are_named(tmp_path: Path, damage: bytes) -> None:
    for path in (tmp_path / "part", tmp_path / "part.gz"):
        path.write_bytes(damage)
        with pytest.raises(UserError, match="part"):
            read_idx(path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "served"
    served.mkdir()
    (served / "file.gz").write_bytes(bytes(1_000_000))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def test_a_download_reports_progress_verifies_the_checksum_and_is_reused(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    target, seen = tmp_path / "to" / "file.gz", []
    urls = [f"{server}/missing.gz", f"{server}/file.gz"]
    with pytest.raises(UserError, match="the checksum differs"):
        _raw.download("set", urls, target, "0" * 32, lambda fraction, text: None)
    assert list(target.parent.iterdir()) == []
    md5 = hashlib.md5(bytes(1_000_000), usedforsecurity=False).hexdigest()
    _raw.download("set", urls, target, md5, lambda fraction, text: seen.append((fraction, text)))
    assert target.stat().st_size == 1_000_000
    assert seen[-1][0] == 1.0
    assert "1.0 MB of 1.0 MB" in seen[-1][1]
    _raw.download("set", [], target, md5, lambda fraction, text: None)


def test_digits_equal_scikit_learns(workspace: Workspace) -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    dataset = load_builtin_dataset(workspace, "digits")
    np.testing.assert_array_equal(np.rint(dataset.main_field.array[:, 0] / (255 / 16)), bunch.images)
    assert dataset.table["label"].to_pylist() == [str(v) for v in bunch.target]
    assert [len(dataset.ids(s)) for s in ("train", "validation", "test")] == [1437, 180, 180]
    labels = dataset.labels
    assert labels is not None
    counts = np.bincount(labels[dataset.ids("test")])
    assert counts.min() >= 16


def test_shapes_show_their_factors(workspace: Workspace) -> None:
    dataset = load_builtin_dataset(workspace, "shapes")
    table, array = dataset.table.to_pandas(), dataset.main_field.array
    assert array.shape == (4000, 3, 32, 32)
    assert table["label"].equals(table["shape"])
    assert (table["shape"].value_counts() == 1000).all()
    ink = np.abs(array.astype(int) - array[:, :, :1, :1]).sum(axis=1)
    down, right = np.mgrid[0:32, 0:32] + 0.5
    for axis, name in ((right, "x"), (down, "y")):
        np.testing.assert_allclose((ink * axis).sum((1, 2)) / ink.sum((1, 2)), table[name], atol=0.3)
    reds = array[(table["colour"] == "red").to_numpy()].astype(int)
    assert (reds[:, 0].max((1, 2)) > reds[:, 2].max((1, 2))).all()
    circles = (table["shape"] == "circle").to_numpy()
    assert np.corrcoef((ink[circles] > 60).sum((1, 2)), table["size"][circles] ** 2)[0, 1] > 0.9


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_rotate_and_stay_within_their_circle(shape: str) -> None:
    still, turned = draw(shape, 8, 16, 16, 0), draw(shape, 8, 16, 16, 33)
    assert np.abs(still - turned).max() < 0.1 if shape == "circle" else np.abs(still - turned).max() > 0.5
    assert abs(still.sum() - turned.sum()) < 4
    down, right = np.mgrid[0:32, 0:32] + 0.5
    assert still[np.hypot(right - 16, down - 16) > 8 * 1.1 + 1].max() == 0


def test_moving_shapes_move_as_their_table_says(workspace: Workspace) -> None:
    dataset = load_builtin_dataset(workspace, "moving-shapes")
    table, array = dataset.table.to_pandas(), dataset.main_field.array
    assert (dataset.main_field.modality, array.shape) == ("video", (1200, 3, 6, 20, 20))
    assert (table["direction"].value_counts() == 300).all()
    ink = np.abs(array[:200].astype(int) - np.array((18, 20, 28))[:, None, None, None]).sum(axis=1)  # (m, frames, h, w)
    down, right = np.mgrid[0:20, 0:20] + 0.5
    inside = np.abs(table[["x", "y"]][:200] - 10).max(axis=1) + 2.5 * table["speed"][:200] < 5.5
    x, y = ((ink * axis).sum((2, 3))[inside] / ink.sum((2, 3))[inside] for axis in (right, down))
    assert len(x) > 20
    for places, name, forth, back in ((x, "x", "right", "left"), (y, "y", "down", "up")):
        np.testing.assert_allclose(places.mean(1), table[name][:200][inside], atol=0.2)
        sign = table["direction"][:200][inside].map({forth: 1, back: -1}).fillna(0)
        np.testing.assert_allclose(np.diff(places, axis=1).mean(1), sign * table["speed"][:200][inside], atol=0.05)


def test_cifar10_is_converted_to_channels_first_with_the_official_split() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.integers(0, 256, (5, 32, 32, 3), np.uint8), rng.integers(0, 256, (2, 32, 32, 3), np.uint8)
    content = cifar10.to_content(train, test, list("abcdeab"))
    np.testing.assert_array_equal(content.fields["image"].array[5].transpose(1, 2, 0), test[0])
    assert content.split.tolist() == [0, 0, 0, 0, 0, 2, 2]
    assert content.table["label"].to_pylist() == list("abcdeab")


@pytest.mark.parametrize(("name", "shape", "labels"), [("wine", (178, 13), 3), ("breast-cancer", (569, 30), 2)])
def test_tables_of_measurements_have_statistics_of_the_training_samples(
    workspace: Workspace, name: str, shape: tuple[int, int], labels: int
) -> None:
    dataset = load_builtin_dataset(workspace, name)
    field = dataset.main_field
    assert (field.modality, field.array.shape, len(dataset.label_names)) == ("tabular", shape, labels)
    assert all(len(dataset.ids(split)) for split in ("train", "validation", "test"))
    for values, about in zip(field.array[dataset.ids("train")].T, field.meta["columns"], strict=True):
        assert (about["kind"], about["low"], about["high"]) == ("numeric", values.min(), values.max())


def test_captioned_shapes_have_missing_fields_and_tones_that_match_their_position(workspace: Workspace) -> None:
    dataset = load_builtin_dataset(workspace, "shapes-captioned")
    assert {name: field.modality for name, field in dataset.fields.items()} == {
        "image": "image",
        "text": "text",
        "audio": "audio",
    }
    text, audio = dataset.fields["text"], dataset.fields["audio"]
    for field in (text, audio):
        assert field.present is not None
        assert 0.05 < 1 - field.present.mean() < 0.15
        assert not field.array[~field.present].any()
    captions = dataset.table["caption"].to_pylist()
    assert [caption is not None for caption in captions] == text.present.tolist()
    assert all(
        colour in (caption or colour) for colour, caption in zip(dataset.table["colour"].to_pylist(), captions, strict=True)
    )
    heard = np.flatnonzero(audio.present)
    loudest = audio.array[heard, 0].astype(float).mean(2).argmax(1)
    circles = np.array(dataset.table["shape"].to_pylist())[heard] == "circle"
    assert np.corrcoef(loudest[circles], dataset.table["y"].to_numpy()[heard][circles])[0, 1] < -0.9
