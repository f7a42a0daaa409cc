"""Series from wide and long tables, arrays, and UCR/UEA files."""

import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest, inspect
from tests.data.making import npy, upload, zipped

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 20)).astype(np.float32)


def _csv(frame: pd.DataFrame) -> bytes:
    out = io.StringIO()
    frame.to_csv(out, index=False)
    return out.getvalue().encode()


def _options(**choices: object) -> IngestOptions:
    return IngestOptions().replace(dict(choices))


def _values(dataset: Dataset) -> np.ndarray:
    field = dataset.main_field
    assert (field.modality, field.dtype) == ("series", "float32")
    return np.array(field.array)


def test_rows_of_a_wide_table_are_series(workspace: Workspace) -> None:
    frame = pd.DataFrame(X, columns=[f"t{i}" for i in range(20)])
    frame.insert(0, "name", [f"s{i}" for i in range(12)])
    frame["t0"] = 1.5  # a constant step is a step
    frame["kind"] = ["a", "b"] * 6
    frame.loc[3, "t4"] = np.nan
    frame.loc[5, "t15":"t19"] = np.nan
    dataset = ingest(workspace, upload("w.csv", _csv(frame)), _options(series_layout="wide"))
    expected = frame.loc[:, "t0":"t19"].to_numpy(np.float32)[..., None]
    np.testing.assert_allclose(_values(dataset), expected, rtol=1e-6)
    assert dataset.table["label"].to_pylist() == ["a", "b"] * 6
    assert dataset.table["name"].to_pylist() == [f"s{i}" for i in range(12)]
    assert any("15 to 20 steps" in note for note in dataset.notes)
    (about,) = dataset.main_field.meta["columns"]
    train = expected[dataset.ids("train")]
    assert (about["name"], about["low"]) == ("value", pytest.approx(np.nanmin(train)))
    assert about["high"] == pytest.approx(np.nanmax(train))


def test_text_among_the_numbers_of_a_wide_table_counts_as_missing(workspace: Workspace) -> None:
    lines = [",".join(map(str, row)) for row in X.tolist()]
    lines[2] = lines[2].replace(lines[2].split(",")[7], "sensor off", 1)
    header = ",".join(f"t{i}" for i in range(20))
    dataset = ingest(workspace, upload("w.csv", "\n".join([header, *lines]).encode()), _options(series_layout="wide"))
    assert np.argwhere(np.isnan(_values(dataset)))[:, :2].tolist() == [[2, 7]]
    assert any("'sensor off', row 4, column 't7'" in note for note in dataset.notes)


def test_tab_separated_rows_of_the_ucr_archive_need_no_header(workspace: Workspace) -> None:
    text = "\n".join("\t".join(map(str, [i % 2 + 1, *row])) for i, row in enumerate(X.tolist()))
    chosen = _options(series_layout="wide", label_column="column 1")
    dataset = ingest(workspace, upload("Set_TRAIN.tsv", text.encode()), chosen)
    np.testing.assert_allclose(_values(dataset)[..., 0], X, rtol=1e-6)
    assert dataset.label_names == ["1", "2"]


def _long(dates: bool = False) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return a shuffled table of series of 6 to 12 steps, and each series in order."""
    parts = {}
    for i in range(7):
        steps = 6 + i
        at = pd.date_range("2026-01-30", periods=steps, freq="h").astype(str) if dates else np.arange(steps) * 0.5
        values = RNG.normal(size=(2, steps))
        parts[f"s{i}"] = pd.DataFrame(
            {"series_id": f"s{i}", "time": at, "x": values[0], "y": values[1], "label": "ab"[i % 2], "site": f"p{i}"}
        )
    mixed = pd.concat(parts.values()).sample(frac=1, random_state=0)
    return mixed, parts


@pytest.mark.parametrize("dates", [False, True])
def test_rows_of_a_long_table_are_steps(workspace: Workspace, dates: bool) -> None:
    mixed, parts = _long(dates)
    dataset = ingest(workspace, upload("l.csv", _csv(mixed)), _options(series_layout="long"))
    values = _values(dataset)
    assert values.shape == (7, 12, 2)
    assert [c["name"] for c in dataset.main_field.meta["columns"]] == ["x", "y"]
    sources = dataset.table["source"].to_pylist()
    assert sources == [f"series_id {key}" for key in mixed["series_id"].unique()]
    for i, source in enumerate(sources):
        part = parts[source.removeprefix("series_id ")]
        np.testing.assert_allclose(values[i, : len(part)], part[["x", "y"]].to_numpy(np.float32), rtol=1e-5)
        assert np.isnan(values[i, len(part) :]).all()
        assert dataset.table["label"][i].as_py() == part["label"][0]
        assert dataset.table["site"][i].as_py() == part["site"][0]
    assert any("6 to 12 steps" in note for note in dataset.notes)


def test_columns_of_a_long_table_can_be_chosen(workspace: Workspace) -> None:
    mixed, parts = _long()
    frame = mixed.rename(columns={"series_id": "which one", "time": "minute"})
    chosen = _options(series_layout="long", series_column="which one", time_column="minute", value_columns=("y",))
    dataset = ingest(workspace, upload("l.csv", _csv(frame)), chosen)
    first = dataset.table["source"][0].as_py().removeprefix("which one ")
    np.testing.assert_allclose(_values(dataset)[0, : len(parts[first]), 0], parts[first]["y"].to_numpy(np.float32), rtol=1e-5)
    with pytest.raises(UploadRejected, match="which column says what series"):
        ingest(workspace, upload("l.csv", _csv(frame)), _options(series_layout="long"))


@pytest.mark.parametrize("dates", [False, True])
def test_a_long_table_is_recognised_and_can_be_read_otherwise(workspace: Workspace, dates: bool) -> None:
    content = _csv(_long(dates)[0])
    guess = inspect(upload("l.csv", content))
    assert {"series.series_layout", "series.series_column"} <= set(guess.choices)
    series = guess.options.series
    assert (series.series_layout, series.series_column, series.time_column) == ("long", "series_id", "time")
    assert (guess.kind, guess.n) == ("a table of series, one step per row", 7)
    chosen = ingest(workspace, upload("l.csv", content), guess.options)
    assert _values(chosen).shape == (7, 12, 2)
    assert ingest(workspace, upload("l.csv", content)).id == chosen.id
    table = guess.options.replace({"series_layout": "none"})
    assert ingest(workspace, upload("l.csv", content), table).main_field.modality == "tabular"
    by_hand = ingest(workspace, upload("l.csv", content), _options(feature_columns=("x", "y")))
    assert by_hand.main_field.modality == "tabular"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda f: pd.concat([f, f.iloc[:1]]), "a step is repeated"),
        (lambda f: f.assign(label=["a", "b"] * (len(f) // 2) + ["a"] * (len(f) % 2)), "labels change within a series"),
        (lambda f: f.rename(columns={"series_id": "town"}), "no column names the series"),
        (lambda f: f.rename(columns={"time": "price"}), "no column names the time"),
        (lambda f: f.groupby("series_id").head(2), "two rows per series"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unclear_table_stays_a_table(change: Callable[[pd.DataFrame], pd.DataFrame], why: str) -> None:
    assert inspect(upload("l.csv", _csv(change(_long()[0])))).options.series.series_layout == "none", why


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        ([f"t{i}" for i in range(20)], "wide"),
        ([f"Time_{i}" for i in range(0, 100, 5)], "wide"),
        ([f"{i / 10:.1f}" for i in range(20)], "wide"),
        ([f"{5 * i} ms" for i in range(20)], "wide"),
        ([str(1990 + i) for i in range(20)], "wide"),
        ([f"2026-01-{i:02}" for i in range(1, 21)], "wide"),
        ([f"t{i * i}" for i in range(20)], "none"),
        ([f"pixel{i}" for i in range(20)], "none"),
        ([f"V{i}" for i in range(20)], "none"),
        ([str(i) for i in range(20)], "none"),
        ([f"t{i}" for i in range(7)] + [f"a{i}" for i in range(13)], "none"),
        ([f"t{i}" for i in range(10)] + [f"other {i}" for i in range(10)], "none"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[-1],
)
def test_a_wide_table_is_recognised_by_evenly_spaced_times(names: list[str], layout: str) -> None:
    frame = pd.DataFrame(X, columns=names)
    frame["label"] = ["a", "b"] * 6
    guess = inspect(upload("w.csv", _csv(frame)))
    assert guess.options.series.series_layout == layout
    assert guess.n == 12


def test_other_numbers_of_a_recognised_wide_table_are_not_steps(workspace: Workspace) -> None:
    frame = pd.DataFrame(X, columns=[f"t{i}" for i in range(20)])
    frame.insert(0, "age", RNG.integers(20, 80, 12))
    dataset = ingest(workspace, upload("w.csv", _csv(frame)))
    np.testing.assert_allclose(_values(dataset)[..., 0], X, rtol=1e-6)
    assert dataset.table["age"].to_pylist() == frame["age"].tolist()


def test_arrays_of_steps_and_channels(workspace: Workspace) -> None:
    array = RNG.normal(size=(9, 30, 2))
    array[4, 22:] = np.nan
    array[1, 3, 0] = np.inf
    dataset = ingest(workspace, upload("x.npy", npy(array)))
    values = _values(dataset)
    assert np.isnan(values[1, 3, 0])
    values[1, 3, 0] = array[1, 3, 0] = 0
    np.testing.assert_allclose(values, array.astype(np.float32))
    assert any("22 to 30 steps" in note for note in dataset.notes)
    assert any("infinite" in note for note in dataset.notes)


def test_rows_of_an_array_can_be_read_as_series(workspace: Workspace) -> None:
    np.testing.assert_array_equal(_values(ingest(workspace, upload("x.npy", npy(X)), _options(layout="series")))[..., 0], X)
    assert ingest(workspace, upload("x.npy", npy(X))).main_field.modality == "tabular"


def test_an_array_that_looks_like_a_picture_is_series_only_if_chosen(workspace: Workspace) -> None:
    array = RNG.random((32, 32, 3))
    with pytest.raises(UploadRejected, match="choose the layout series"):
        ingest(workspace, upload("x.npy", npy(array)))
    assert _values(ingest(workspace, upload("x.npy", npy(array)), _options(layout="series"))).shape == (32, 32, 3)


TS = """# from a balance
@problemName Weights
@timeStamps false
@missing true
@univariate false
@dimensions 2
@equalLength false
@classLabel true left right
@data
1.5,2,?,4:10,20,30,40:left
5,6,7:50,60,70:right

-1e1,2,3,4,5:1,2,3,4,5:right
1,2,3:4,5,6:?
7,8:9,10:left
"""


@pytest.mark.parametrize("name", ["Weights.ts", "weights.zip"])
def test_uea_files_are_read(workspace: Workspace, name: str) -> None:
    content = zipped({"W/Weights_TRAIN.ts": TS.encode(), "W/readme.txt": b"x"}) if name.endswith("zip") else TS.encode()
    guess = inspect(upload(name, content))
    assert (guess.kind, guess.n, guess.labels["left"]) == ("series (5 steps, 2 channels)", 5, 2)
    dataset = ingest(workspace, upload(name, content))
    values, gap = _values(dataset), np.nan
    assert values.shape == (5, 5, 2)
    np.testing.assert_array_equal(values[0], np.array([[1.5, 10], [2, 20], [gap, 30], [4, 40], [gap, gap]], np.float32))
    np.testing.assert_array_equal(values[2, :, 0], [-10, 2, 3, 4, 5])
    assert dataset.table["label"].to_pylist() == ["left", "right", "right", None, "left"]
    assert dataset.table["source"][2].as_py().endswith("line 13")
    assert any("2 to 5 steps" in note for note in dataset.notes)


def test_files_of_one_set_are_concatenated(workspace: Workspace) -> None:
    dataset = ingest(workspace, [Upload("W_TRAIN.ts", TS.encode()), Upload("W_TEST.ts", TS.encode())])
    assert dataset.n == 10
    np.testing.assert_array_equal(_values(dataset)[:5], _values(dataset)[5:])


def test_time_stamps_and_targets(workspace: Workspace) -> None:
    lines = [
        f"(2007-01-01 00:00:00,{i}.5),(2007-01-01 01:00:00,?):(2007-01-01 00:00:00,1),(2007-01-01 01:00:00,2):{i}"
        for i in range(6)
    ]
    header = "@timeStamps true\n@targetLabel true\n@DATA\n"
    dataset = ingest(workspace, upload("e.ts", (header + "\n".join(lines)).encode()))
    np.testing.assert_array_equal(_values(dataset)[2], np.array([[2.5, 1], [np.nan, 2]], np.float32))
    assert dataset.table["target"].to_pylist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert dataset.labels is None
