"""Numbers that are no quantities, and numbers that float32 would merge, in tables, arrays, series and manifests."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.exporting import write_archive
from aeexplorer.data.ingest.ingest import IngestOptions, Upload, ingest
from aeexplorer.data.units import to_own
from aeexplorer.modalities.base import modality_of
from tests.data.making import npy, pictures, upload, zipped

N = 40
RNG = np.random.default_rng(0)
A, B = RNG.normal(size=N).round(3), RNG.normal(size=N).round(3)
IDS = [1582218195625938945 + 7 * i for i in range(N)]
CODES = [f"{37 * i:05d}" for i in range(N)]
SECONDS = 1732800000 + RNG.permutation(N)
EASTING = np.round(33500000 + RNG.random(N), 3)


def _parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def _arrow(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_feather(out)
    return out.getvalue()


def _excel(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_excel(out, index=False)
    return out.getvalue()


WRITERS = {
    "csv": lambda frame: frame.to_csv(index=False).encode(),
    "jsonl": lambda frame: frame.to_json(orient="records", lines=True).encode(),
    "parquet": _parquet,
    "feather": _arrow,
    "xlsx": _excel,
}


def _columns(field: Field) -> dict[str, dict[str, Any]]:
    return {column["name"]: column for column in field.meta["columns"]}


def _own(field: Field, name: str) -> np.ndarray:
    """Return a column in own units, computed here from what is stored."""
    index = list(_columns(field)).index(name)
    column = field.meta["columns"][index]
    return column.get("offset", 0) + field.array[:, index].astype(np.float64) * column.get("scale", 1)


def _exported(dataset: Dataset) -> dict[str, bytes]:
    out = io.BytesIO()
    write_archive(dataset, out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("ending", WRITERS)
def test_codes_are_kept_as_they_are_written_in_every_format(workspace: Workspace, ending: str) -> None:
    ids = list(map(str, IDS)) if ending == "xlsx" else IDS  # a spreadsheet keeps only 15 digits of a number
    frame = pd.DataFrame({"item": ids, "zip": CODES, "batch": [f"{i % 3:03d}" for i in range(N)], "a": A, "b": B})
    dataset = ingest(workspace, upload(f"x.{ending}", WRITERS[ending](frame)))
    assert list(map(str, dataset.table["item"].to_pylist())) == list(map(str, IDS))
    assert dataset.table["zip"].to_pylist() == CODES
    columns = _columns(dataset.main_field)
    assert list(columns) == ["batch", "a", "b"]
    assert columns["batch"]["categories"] == ["000", "001", "002"]
    text = " ".join(dataset.notes)
    assert "leading zeros" in text
    assert "16 or more digits" in text


def test_codes_can_be_read_as_quantities(workspace: Workspace) -> None:
    frame = pd.DataFrame({"zip": CODES, "a": A, "b": B})
    options = IngestOptions().replace({"table.numeric_columns": ("zip",)})
    field = ingest(workspace, upload("x.csv", WRITERS["csv"](frame)), options).main_field
    np.testing.assert_array_equal(field.array[:, 0], [37 * i for i in range(N)])


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("grade", [1 + i % 6 for i in range(N)], "numeric"),
        ("hexadecimal", [("1e5", "2f7", "317", "9a0")[i % 4] for i in range(N)], "categorical"),
        ("e codes", [("1e5", "217", "317", "904")[i % 4] for i in range(N)], "categorical"),
        ("scientific", [("1e5", "2e7", "3e2", "9e1")[i % 4] for i in range(N)], "numeric"),
        ("plz", [10115 + i % 5 for i in range(N)], "categorical"),
        ("dose", [0.5 * (i % 7) for i in range(N)], "numeric"),
        ("unix_ns", [1732800000000000000 + 10**9 * i * i for i in range(N)], "numeric"),
        ("wage", [f"{i * i}.50" for i in range(N)], "numeric"),
        ("error", ["ERR", *(str(100 + i * i) for i in range(1, N))], "numeric"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_quantities_and_codes_are_told_apart(workspace: Workspace, name: str, values: list[object], kind: str) -> None:
    frame = pd.DataFrame({name: values, "a": A, "b": B})
    field = ingest(workspace, upload("x.csv", WRITERS["csv"](frame)), IngestOptions(label_column="")).main_field
    assert _columns(field)[name]["kind"] == kind


@pytest.mark.parametrize("ending", WRITERS)
def test_values_that_float32_would_merge_stay_distinct(workspace: Workspace, ending: str) -> None:
    frame = pd.DataFrame({"a": A, "unix_s": SECONDS, "easting": EASTING})
    dataset = ingest(workspace, upload(f"x.{ending}", WRITERS[ending](frame)))
    field = dataset.main_field
    assert len(np.unique(SECONDS.astype(np.float32))) == 1
    assert len(np.unique(field.array[:, 1])) == N
    np.testing.assert_array_equal(_own(field, "unix_s"), SECONDS)
    np.testing.assert_allclose(_own(field, "easting"), EASTING, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(to_own(_columns(field)["easting"], field.array[:, 2]), EASTING)
    shown = [dict(modality_of(field).rows(row)) for row in field.array]  # type: ignore[attr-defined]
    assert [row["unix_s"] for row in shown] == list(map(str, SECONDS))
    assert [row["easting"] for row in shown] == [f"{value:.3f}" for value in EASTING]
    files = _exported(dataset)
    written = pd.read_csv(io.BytesIO(files["0-tabular.csv"]))
    np.testing.assert_array_equal(written[["unix_s", "easting"]], np.stack([SECONDS, EASTING], 1))
    array = np.load(io.BytesIO(files["0-tabular.npy"]))
    np.testing.assert_array_equal(array[:, 1:], np.stack([SECONDS, EASTING], 1))
    assert any("1,732,800,0" in note and "taken off" in note for note in dataset.notes)


def test_columns_with_enough_digits_are_stored_in_their_own_units(workspace: Workspace) -> None:
    frame = pd.DataFrame({"normal": RNG.normal(size=500), "uniform": RNG.random(500), "count": np.arange(500) ** 2})
    dataset = ingest(workspace, upload("x.parquet", _parquet(frame)))
    np.testing.assert_array_equal(dataset.main_field.array[:, :2], frame[["normal", "uniform"]].to_numpy(np.float32))
    assert not any({"offset", "scale", "decimals"} & set(column) for column in dataset.main_field.meta["columns"])


def test_numbers_beyond_float32_are_divided_unless_they_are_few(workspace: Workspace) -> None:
    few = np.arange(1.0, N + 1)
    few[3] = 1e300
    frame = pd.DataFrame({"huge": A * 1e300, "tiny": B * 1e-40, "few": few})
    field = ingest(workspace, upload("x.parquet", _parquet(frame))).main_field
    np.testing.assert_allclose(_own(field, "huge"), frame["huge"], rtol=1e-6)
    np.testing.assert_allclose(_own(field, "tiny"), frame["tiny"], rtol=1e-6)
    assert np.isnan(field.array[:, 2]).tolist() == [i == 3 for i in range(N)]


def test_digits_beyond_those_that_are_learned_are_kept_beside(workspace: Workspace) -> None:
    amounts = RNG.integers(10**9, 10**12, N)
    unix_with_zeros = np.where(np.arange(N) < 3, 0, SECONDS)
    frame = pd.DataFrame({"amount": amounts, "unix": unix_with_zeros, "a": A})
    table = ingest(workspace, upload("x.csv", WRITERS["csv"](frame))).table
    assert table["amount (exact)"].to_pylist() == amounts.tolist()
    assert table["unix (exact)"].to_pylist() == unix_with_zeros.tolist()


def test_points_in_time_keep_their_zone_and_durations_their_unit(workspace: Workspace) -> None:
    times = pa.array([1711845000 + 3600 * i for i in range(N)], pa.timestamp("s", "Europe/Berlin"))  # summer begins at 01:00 UTC
    factors = {"s": 1, "ms": 1, "ns": 10**9}
    durations = {unit: pa.array([(7 + i) * factor for i in range(N)], pa.duration(unit)) for unit, factor in factors.items()}
    out = io.BytesIO()
    shuffled = pa.array(RNG.permutation(N))
    pq.write_table(pa.table({"a": A, "when": times.take(shuffled), **durations}).take(shuffled), out)
    dataset = ingest(workspace, upload("x.parquet", out.getvalue()))
    columns = _columns(dataset.main_field)
    assert (columns["s"]["unit"], columns["ms"]["unit"], columns["ns"]["unit"]) == ("s", "ms", "s")
    shown = {row["when"] for row in (dict(modality_of(dataset.main_field).rows(r)) for r in dataset.main_field.array)}  # type: ignore[attr-defined]
    assert {"2024-03-31 01:30+01:00", "2024-03-31 03:30+02:00"} <= shown
    assert dict(modality_of(dataset.main_field).rows(np.array([0, 0, 9, 9, 9], np.float32)))["ms"] == "9 ms"  # type: ignore[attr-defined]


def test_seconds_of_points_in_time_are_shown(workspace: Workspace) -> None:
    times = [f"2024-05-31 12:{i:02d}:{(7 * i) % 60:02d}" for i in range(N)]
    frame = pd.DataFrame({"a": A, "b": B, "when": times[::-1]})
    field = ingest(workspace, upload("x.csv", WRITERS["csv"](frame))).main_field
    assert [dict(modality_of(field).rows(row))["when"] for row in field.array] == times[::-1]  # type: ignore[attr-defined]


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_long_integers_of_an_array_are_kept_beside_the_samples(workspace: Workspace, dtype: type) -> None:
    array = np.stack([np.array(IDS), RNG.integers(0, 9, N), SECONDS], 1).astype(dtype)
    dataset = ingest(workspace, upload("x.npy", npy(array)), IngestOptions(layout="table"))
    assert list(map(int, dataset.table["x0"].to_pylist())) == IDS
    assert list(_columns(dataset.main_field)) == ["x1", "x2"]
    np.testing.assert_array_equal(_own(dataset.main_field, "x2"), SECONDS)


def _long(values: np.ndarray) -> bytes:
    n, steps = values.shape
    rows = [f"s{i},{t},{values[i, t]:.3f}" for i in range(n) for t in range(steps)]
    return "\n".join(["series,time,value", *rows]).encode()


def _wide(values: np.ndarray) -> bytes:
    rows = [",".join(f"{value:.3f}" for value in row) for row in values]
    return "\n".join([",".join(f"t{i}" for i in range(values.shape[1])), *rows]).encode()


def _ts(values: np.ndarray) -> bytes:
    rows = [",".join(f"{value:.3f}" for value in row) for row in values]
    return "\n".join(["@problemName x", "@classLabel false", "@data", *rows]).encode()


@pytest.mark.parametrize(
    ("name", "write"),
    [("long.csv", _long), ("wide.csv", _wide), ("x.ts", _ts), ("x.npy", npy)],
    ids=["long", "wide", "ts", "npy"],
)
def test_series_with_a_large_offset_stay_distinct(workspace: Workspace, name: str, write: Any) -> None:
    values = np.round(33500000 + RNG.random((12, 16)), 3)
    options = IngestOptions(layout="series") if name.endswith("npy") else IngestOptions()
    field = ingest(workspace, upload(name, write(values)), options).main_field
    column = field.meta["columns"][0]
    np.testing.assert_array_equal(to_own(column, field.array[..., 0]), values)
    assert column["low"] < column["high"]


def test_manifests_keep_codes_as_texts_and_quantities_as_numbers(workspace: Workspace) -> None:
    rows = [f"{i}.png,{'ab'[i % 2]},{IDS[i]},{37 * i:05d},{i / 4}" for i in range(8)]
    manifest = "\n".join(["file,label,item,zip,weight", *rows]).encode()
    dataset = ingest(workspace, upload("x.zip", zipped({**pictures(8), "labels.csv": manifest})))
    by_name = {source: i for i, source in enumerate(dataset.table["source"].to_pylist())}
    order = [next(i for name, i in by_name.items() if name.endswith(f"{k}.png")) for k in range(8)]
    table = dataset.table.take(order)
    assert list(map(str, table["item"].to_pylist())) == list(map(str, IDS[:8]))
    assert table["zip"].to_pylist() == [f"{37 * i:05d}" for i in range(8)]
    assert table["weight"].to_pylist() == [i / 4 for i in range(8)]


def test_rows_that_differ_only_beyond_float32_are_no_duplicates(workspace: Workspace, tmp_path: Path) -> None:
    from aeexplorer.analysis.samples.statistics import field_statistics, find_duplicates

    frame = pd.DataFrame({"unix_s": SECONDS, "easting": 33500000.0 + np.arange(N) / 1000})
    dataset = ingest(workspace, upload("x.csv", WRITERS["csv"](frame)))
    assert find_duplicates(dataset).groups == ()
    about = field_statistics(dataset, dataset.main_field).columns[0]
    assert (about.low, about.high) == (SECONDS.min(), SECONDS.max())
    np.testing.assert_allclose([about.mean, about.std], [SECONDS.mean(), SECONDS.std()], rtol=1e-12)


def test_a_sample_typed_in_own_units_is_stored_like_one_of_the_file(workspace: Workspace) -> None:
    from aeexplorer.analysis.samples.written_sample import row_sample, row_values

    frame = pd.DataFrame({"unix_s": SECONDS, "easting": EASTING})
    field = ingest(workspace, upload("x.csv", WRITERS["csv"](frame))).main_field
    assert row_values(field, field.array[3]) == {"unix_s": SECONDS[3], "easting": EASTING[3]}
    np.testing.assert_array_equal(row_sample(field, {"unix_s": SECONDS[3], "easting": EASTING[3]}), field.array[3])


def test_user_series_are_read_in_own_units(workspace: Workspace) -> None:
    from aeexplorer.data.fitting import read_samples

    values = np.round(33500000 + RNG.random((12, 16)), 3)
    field = ingest(workspace, upload("x.npy", npy(values)), IngestOptions(layout="series")).main_field
    samples = read_samples([Upload("y.npy", npy(values[:2]))], field)[0]
    np.testing.assert_array_equal(samples[..., 0], field.array[:2, :, 0])
