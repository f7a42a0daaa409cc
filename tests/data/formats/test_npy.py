"""NumPy arrays as pictures, tables and labels."""

import io

import numpy as np
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.formats._array_layout import layouts
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from tests.data.making import npy, npz, upload, zipped

RNG = np.random.default_rng(0)
BYTES = RNG.integers(0, 256, (10, 3, 7, 9), np.uint8)  # NCHW


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((9, 28, 28, 3), [("nhwc", (3, 28, 28))]),
        ((9, 3, 28, 28), [("nchw", (3, 28, 28))]),
        ((9, 3, 5, 3), [("nhwc", (3, 3, 5)), ("nchw", (3, 5, 3))]),
        ((9, 10, 12), [("nhw", (1, 10, 12)), ("series", (10, 12))]),
        ((9, 28, 28), [("nhw", (1, 28, 28))]),
        ((9, 96, 2), [("series", (96, 2)), ("nhw", (1, 96, 2))]),
        ((9, 64), [("flat", (1, 8, 8)), ("table", (64,)), ("series", (64, 1))]),
        ((9, 3072), [("flat", (3, 32, 32)), ("table", (3072,)), ("series", (3072, 1))]),
        ((9, 4), [("table", (4,))]),
        ((9,), []),
        ((32, 32, 3), [("series", (32, 3))]),
        ((2, 3, 4, 5, 6), []),
    ],
)
def test_layouts_are_guessed(shape: tuple[int, ...], expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(guess.layout, guess.shape) for guess in layouts(shape)] == expected


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (BYTES, {}),
        (BYTES.transpose(0, 2, 3, 1), {}),
        (np.asfortranarray(BYTES), {}),
        (BYTES.astype(">i4"), {}),
        (BYTES.astype(np.float64), {}),
        (BYTES.reshape(10, -1)[:, : 3 * 7 * 9], {"layout": "table"}),
    ],
)
def test_axis_and_byte_order_do_not_change_the_pictures(workspace: Workspace, array: np.ndarray, options: dict[str, str]) -> None:
    dataset = ingest(workspace, upload("x.npy", npy(array)), IngestOptions.model_validate(options))
    np.testing.assert_array_equal(dataset.main_field.array.reshape(BYTES.shape), BYTES)
    assert dataset.main_field.dtype == ("float32" if options else "uint8")


@pytest.mark.parametrize(
    ("array", "low", "high"),
    [
        (RNG.normal(size=(12, 5, 6)) * 100, None, None),
        (RNG.random((12, 5, 6)), 0.0, 1.0),
        (RNG.random((12, 5, 6)) * 2 - 1, -1.0, 1.0),
        (RNG.integers(0, 17, (12, 5, 6)), None, None),
        (RNG.integers(0, 4096, (12, 5, 6), np.uint16), None, None),
    ],
)
def test_other_ranges_are_scaled_and_stored_in_the_metadata(
    workspace: Workspace, array: np.ndarray, low: float | None, high: float | None
) -> None:
    field = ingest(workspace, upload("x.npy", npy(array))).main_field
    assert field.dtype == "float32"
    assert field.meta["low"] == (array.min() if low is None else low)
    assert field.meta["high"] == (array.max() if high is None else high)
    assert 0 <= field.array.min() <= field.array.max() <= 1
    back = field.array[:, 0] * (field.meta["high"] - field.meta["low"]) + field.meta["low"]
    np.testing.assert_allclose(back, array, rtol=1e-5, atol=1e-4)


def test_boolean_masks_become_black_and_white(workspace: Workspace) -> None:
    masks = RNG.random((9, 6, 6)) > 0.5
    np.testing.assert_array_equal(ingest(workspace, upload("x.npy", npy(masks))).main_field.array[:, 0], masks * 255)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.arange(10) % 3, [str(i % 3) for i in range(10)]),
        (np.array(["a", "b"] * 5), ["a", "b"] * 5),
        (np.array([b"a", b"b"] * 5), ["a", "b"] * 5),
        (np.arange(10.0)[:, None] % 2, ["0", "1"] * 5),
        (np.eye(5, dtype=int)[np.arange(10) % 5], [str(i % 5) for i in range(10)]),
    ],
)
def test_labels_may_be_numbers_texts_or_one_hot_rows(workspace: Workspace, y: np.ndarray, expected: list[str]) -> None:
    content = npz(x=BYTES, y=y)
    dataset = ingest(workspace, upload("set.npz", content))
    assert dataset.table["label"].to_pylist() == expected
    assert sum(inspect(upload("set.npz", content)).labels.values()) == 10
    assert ingest(workspace, upload("set.npz", content), IngestOptions(label_column="")).labels is None


def test_x_and_y_may_be_two_files(workspace: Workspace) -> None:
    y = np.arange(10) % 2
    dataset = ingest(workspace, [Upload("labels.npy", npy(y)), Upload("images.npy", npy(BYTES))])
    assert dataset.table["label"].to_pylist() == [str(v) for v in y]
    assert ingest(workspace, upload("both.zip", zipped({"x.npy": npy(BYTES), "y.npy": npy(y)}))).n == 10


def test_the_guessed_layout_can_be_overruled(workspace: Workspace) -> None:
    flat = RNG.integers(0, 256, (20, 64), np.uint8)
    guess = inspect(upload("x.npy", npy(flat)))
    assert (guess.kind, guess.n, guess.options.layout) == ("an array", 20, "flat")
    assert ingest(workspace, upload("x.npy", npy(flat))).main_field.shape == (1, 8, 8)
    table = ingest(workspace, upload("x.npy", npy(flat)), IngestOptions(layout="table")).main_field
    assert (table.modality, table.shape) == ("tabular", (64,))
    np.testing.assert_array_equal(table.array, flat)


def test_rows_of_measurements_become_a_table_with_statistics_of_the_training_samples(workspace: Workspace) -> None:
    rows = RNG.normal(5, 2, (50, 4))
    dataset = ingest(workspace, upload("x.npy", npy(rows)))
    train = rows[dataset.ids("train")]
    for i, about in enumerate(dataset.main_field.meta["columns"]):
        assert (about["name"], about["kind"]) == (f"x{i}", "numeric")
        expected = [train[:, i].min(), train[:, i].max(), train[:, i].mean(), train[:, i].std()]
        np.testing.assert_allclose([about["low"], about["high"], about["mean"], about["std"]], expected, rtol=1e-5)


def test_an_array_larger_than_a_piece_is_read_whole(workspace: Workspace) -> None:
    array = RNG.integers(0, 256, (5000, 50, 50), np.uint8)
    out = io.BytesIO()
    np.savez(out, x=array)
    dataset = ingest(workspace, upload("x.npz", out.getvalue()))
    np.testing.assert_array_equal(dataset.main_field.array[:, 0], array)


def test_further_arrays_of_an_npz_are_not_lost_without_a_note(workspace: Workspace) -> None:
    ids = 1582218195625938945 + np.arange(10)
    names = np.array([f"é{i}" for i in range(10)])
    content = npz(x=BYTES, y=np.arange(10) % 2, ids=ids, names=names, weights=np.eye(3))
    dataset = ingest(workspace, upload("set.npz", content))
    assert dataset.table["ids"].to_pylist() == ids.tolist()
    assert dataset.table["names"].to_pylist() == names.tolist()
    assert "arrays stored beside the samples, not learned: 'ids', 'names'" in dataset.notes
    assert any("left out: 'weights'" in note for note in dataset.notes)


def test_samples_and_ids_without_labels_are_read(workspace: Workspace) -> None:
    dataset = ingest(workspace, upload("set.npz", npz(x=BYTES, source=np.arange(10.0)[:, None])))
    assert dataset.labels is None
    assert dataset.table["source (file)"].to_pylist() == list(range(10))
    with pytest.raises(UploadRejected, match="unclear which array"):
        ingest(workspace, upload("set.npz", npz(x=BYTES, z=BYTES)))
