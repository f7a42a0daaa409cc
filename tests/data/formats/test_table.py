"""Tables of all supported file formats, and how their columns are recognised."""

import datetime
import io
import zipfile
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.core.workspace import Workspace
from aeexplorer.data.ingest.ingest import IngestOptions, ingest, inspect
from aeexplorer.data.readers.columns import Column
from aeexplorer.modalities.base import modality_of
from tests.data.making import upload, zipped

N = 60
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "id": np.arange(100, 100 + N),
        "length": RNG.normal(3, 1, N).round(3),
        "width": RNG.normal(1, 1, N).round(3),
        "home": np.array(["Rome", "Paris", "Oslo"])[np.arange(N) % 3],
        "wild": np.arange(N) % 2 == 0,
        "remark": [f"remark number {i}" for i in range(N)],
        "planet": "earth",
        "nothing": np.nan,
        "species": np.array(["cat", "dog"])[np.arange(N) % 2],
    }
)
FRAME.loc[[3, 4], "width"] = np.nan
FRAME.loc[5, "home"] = None


def _csv(**options: object) -> bytes:
    return FRAME.to_csv(index=False, **options).encode()  # type: ignore[call-overload,no-any-return]


def _parquet() -> bytes:
    out = io.BytesIO()
    FRAME.astype({"home": "category"}).to_parquet(out, index=False)
    return out.getvalue()


def _arrow(stream: bool = False) -> bytes:
    out = io.BytesIO()
    table = pa.Table.from_pandas(FRAME.astype({"home": "category"}), preserve_index=False)
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=25)
    return out.getvalue()


def _excel(**sheets: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
    return out.getvalue()


def _feather() -> bytes:
    out = io.BytesIO()
    FRAME.to_feather(out)
    return out.getvalue()


TABLES = {
    "t.csv": _csv(),
    "t.tsv": _csv(sep="\t"),
    "semicolon.csv": _csv(sep=";", decimal=","),
    "bom.csv": b"\xef\xbb\xbf" + _csv(),
    "utf16.csv": _csv().decode().encode("utf-16"),
    "crlf.txt": _csv().replace(b"\n", b"\r\n"),
    "t.parquet": _parquet(),
    "t.arrow": _arrow(),
    "stream.arrows": _arrow(stream=True),
    "t.feather": _feather(),
    "t.xlsx": _excel(measured=FRAME),
    "in.zip": zipped({"t.csv": _csv()}),
    "parquet.zip": zipped({"t.parquet": _parquet()}),
}


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_recognised_and_stored(workspace: Workspace, name: str) -> None:
    guess = inspect(upload(name, TABLES[name]))
    roles = {c.name: (c.kind, c.role) for c in guess.columns}
    assert (guess.kind, guess.n) == ("a table", N)
    assert roles["length"] == ("numeric", "feature")
    assert roles["home"] == ("categorical", "feature")
    assert roles["wild"] == ("categorical", "feature")
    assert roles["id"][1] == "beside"
    assert roles["remark"] == ("text", "beside")
    assert roles["planet"] == ("constant", "dropped")
    assert roles["nothing"] == ("empty", "dropped")
    assert roles["species"] == ("categorical", "label")
    assert guess.labels == {"cat": 30, "dog": 30}

    dataset = ingest(workspace, upload(name, TABLES[name]), guess.options)
    field = dataset.main_field
    assert (field.name, field.modality, field.dtype) == ("table", "tabular", "float32")
    columns = field.meta["columns"]
    assert [c["name"] for c in columns] == ["length", "width", "home", "wild"]
    np.testing.assert_allclose(field.array[:, :2], FRAME[["length", "width"]], rtol=1e-6)
    homes = [None if np.isnan(i) else columns[2]["categories"][int(i)] for i in field.array[:, 2]]
    assert homes == [None if pd.isna(home) else home for home in FRAME["home"]]
    assert [c.lower() for c in columns[3]["categories"]] == ["false", "true"]
    np.testing.assert_array_equal(field.array[:, 3], FRAME["wild"])
    train = FRAME["width"].to_numpy()[dataset.ids("train")]
    np.testing.assert_allclose(columns[1]["mean"], np.nanmean(train), rtol=1e-5)
    np.testing.assert_allclose(columns[1]["std"], np.nanstd(train), rtol=1e-5)
    assert columns[1]["low"] == pytest.approx(np.nanmin(train))
    assert dataset.table["label"].to_pylist() == FRAME["species"].tolist()
    assert dataset.table["remark"].to_pylist() == FRAME["remark"].tolist()
    assert dataset.table["id (file)"].to_pylist() == FRAME["id"].tolist()
    first = 1 if any(kind in name for kind in ("parquet", "arrow", "feather")) else 2
    assert dataset.table["source"].to_pylist()[:2] == [f"row {first}", f"row {first + 1}"]
    assert any("'planet' was dropped" in note for note in dataset.notes)
    assert any("3 values in 2 columns are missing" in note for note in dataset.notes)


def test_chosen_columns_win_over_the_guess(workspace: Workspace) -> None:
    options = IngestOptions(label_column="home", feature_columns=("species", "length"))
    dataset = ingest(workspace, upload("t.csv", TABLES["t.csv"]), options)
    assert [c["name"] for c in dataset.main_field.meta["columns"]] == ["species", "length"]
    assert dataset.label_names == ["Oslo", "Paris", "Rome"]
    assert dataset.labels is not None
    assert dataset.labels[5] == -1
    assert dataset.table["width"].to_pylist()[3] is None
    unlabelled = ingest(workspace, upload("t.csv", TABLES["t.csv"]), IngestOptions(label_column=""))
    assert unlabelled.labels is None
    assert "species" in [c["name"] for c in unlabelled.main_field.meta["columns"]]


def test_text_and_infinities_among_numbers_count_as_missing(workspace: Workspace) -> None:
    rows = [f"{i * 0.5},{i % 7}" for i in range(200)]
    rows[150], rows[160], rows[170] = "oops,1", "inf,2", "1e300,3"
    dataset = ingest(workspace, upload("t.csv", ("a,b\n" + "\n".join(rows)).encode()))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(dataset.main_field.array[:, 0])), [150, 160, 170])
    assert any("'a'" in note and "1 values that are not numbers" in note and "'oops', row 152" in note for note in dataset.notes)
    assert any("2 infinite" in note for note in dataset.notes)


def test_latin_1_is_read_and_noted(workspace: Workspace) -> None:
    text = "town,x,y\n" + "".join(f"{'Zürich' if i % 2 else 'Genève'},{i * i},{i % 5}\n" for i in range(30))
    dataset = ingest(workspace, upload("t.csv", text.encode("latin-1")), IngestOptions(feature_columns=("town", "x", "y")))
    assert dataset.main_field.meta["columns"][0]["categories"] == ["Genève", "Zürich"]
    assert any("Windows-1252" in note for note in dataset.notes)


def test_a_first_row_of_numbers_is_data(workspace: Workspace) -> None:
    rows = RNG.normal(size=(20, 3)).round(4)
    content = "\n".join(",".join(map(str, row)) for row in rows).encode()
    dataset = ingest(workspace, upload("t.csv", content))
    np.testing.assert_allclose(dataset.main_field.array, rows, rtol=1e-6)
    assert any("first row holds only numbers" in note for note in dataset.notes)


def test_quoted_cells_may_contain_separators_and_line_ends(workspace: Workspace) -> None:
    content = b"x,y,what\n" + b'1.5,2,"a, ""b""\nc"\n2.5,3,d\n3.5,5,d\n' * 4
    dataset = ingest(workspace, upload("t.csv", content), IngestOptions(label_column="what"))
    assert dataset.label_names == ['a, "b"\nc', "d"]


def test_decimals_are_numbers(workspace: Workspace) -> None:
    prices = pa.array([i * i for i in range(30)], pa.int64()).cast(pa.decimal128(21, 2))
    out = io.BytesIO()
    pq.write_table(pa.table({"price": prices, "size": pa.array(RNG.random(30), pa.float32())}), out)
    dataset = ingest(workspace, upload("t.parquet", out.getvalue()))
    assert [c["name"] for c in dataset.main_field.meta["columns"]] == ["price", "size"]


DAYS = [datetime.date(2020, 3, 1) + datetime.timedelta(days=17 * i % 400) for i in range(30)]
DATED = pd.DataFrame(
    {
        "day": pd.Series(DAYS).where(np.arange(30) != 4),
        "moment": [datetime.datetime(2021, 5, 6, 7 * i % 24, 30) for i in range(30)],
        "size": RNG.random(30),
        "logged": [datetime.date(2022, 1, 1) + datetime.timedelta(days=i) for i in range(30)],
    }
)


@pytest.mark.parametrize("kind", ["csv", "dotted", "parquet", "xlsx"])
def test_dates_are_learned_as_days_and_shown_as_dates(workspace: Workspace, kind: str) -> None:
    if kind == "csv":
        content = DATED.to_csv(index=False).encode()
    elif kind == "dotted":
        content = (
            DATED.assign(day=DATED["day"].map(lambda d: d.strftime("%d.%m.%Y"), na_action="ignore")).to_csv(index=False).encode()
        )
    elif kind == "parquet":
        out = io.BytesIO()
        DATED.to_parquet(out, index=False)
        content = out.getvalue()
    else:
        content = _excel(dated=DATED)
    suffix = "csv" if kind == "dotted" else kind
    guess = inspect(upload(f"t.{suffix}", content))
    assert [(c.kind, c.role) for c in guess.columns] == [
        ("date", "feature"),
        ("date", "feature"),
        ("numeric", "feature"),
        ("date", "feature"),  # one row per day is no row number
    ]
    field = ingest(workspace, upload(f"t.{suffix}", content)).main_field
    assert field.meta["columns"][0]["start"] == "2020-03-01"
    rows = [dict(modality_of(field).rows(row)) for row in field.array]
    assert [row["day"] for row in rows] == ["" if i == 4 else str(day) for i, day in enumerate(DAYS)]
    assert [row["moment"] for row in rows] == [f"{moment:%Y-%m-%d %H:%M}" for moment in DATED["moment"]]


def test_a_column_with_an_impossible_date_is_not_a_date_column(workspace: Workspace) -> None:
    content = b"day,a,b\n" + b"".join(b"2021-02-%02d,%d,%d\n" % (1 + i % 29, i * i, i % 7) for i in range(60))
    assert inspect(upload("t.csv", content)).columns[0].kind == "categorical"


def test_the_kind_of_a_column_can_be_overruled(workspace: Workspace) -> None:
    rows = b"".join(b"%d,%d,x%d,%s\n" % (i % 4, i * i, i % 3, b"?!" if i % 2 else b"%d" % i) for i in range(40))
    content = b"grade,size,code,odd\n" + rows
    options = IngestOptions().replace({"table.categorical_columns": ("grade",), "table.numeric_columns": ("odd",)})
    kinds = {c.name: c.kind for c in inspect(upload("t.csv", content)).columns}
    assert (kinds["grade"], kinds["odd"]) == ("numeric", "text")
    dataset = ingest(workspace, upload("t.csv", content), options)
    columns = {c["name"]: c for c in dataset.main_field.meta["columns"]}
    assert columns["grade"]["categories"] == ["0", "1", "2", "3"]
    assert columns["odd"]["kind"] == "numeric"
    assert np.isnan(dataset.main_field.array[:, list(columns).index("odd")]).sum() == 20


def test_a_blank_sheet_before_the_table_is_passed_over(workspace: Workspace) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5, 4.0, 0.5, 8.0], "b": [3.0, 1.0, 2.0, 0.25, 7.0]})
    content = _excel(blank=pd.DataFrame(), measured=frame)
    assert inspect(upload("t.xlsx", content)).options.table.sheet == "measured"
    dataset = ingest(workspace, upload("t.xlsx", content))
    np.testing.assert_array_equal(dataset.main_field.array, frame.to_numpy())
    assert "the sheet 'measured' was read, one of 2" in dataset.notes


def test_the_sheet_of_a_workbook_can_be_chosen(workspace: Workspace) -> None:
    other = pd.DataFrame({"x": RNG.random(9), "y": RNG.random(9), "z": [f"word {i % 2}" for i in range(9)]})
    content = _excel(measured=FRAME, other=other)
    assert inspect(upload("t.xlsx", content)).sheets == ("measured", "other")
    options = IngestOptions().replace({"table.sheet": "other"})
    assert [c.name for c in inspect(upload("t.xlsx", content), options=options).columns] == ["x", "y", "z"]
    assert ingest(workspace, upload("t.xlsx", content), options).n == 9
    with pytest.raises(UploadRejected, match=r"no sheet 'third'.*measured, other"):
        ingest(workspace, upload("t.xlsx", content), IngestOptions().replace({"table.sheet": "third"}))


def test_formulas_are_read_as_their_stored_values(workspace: Workspace) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "twice"])
    for i in range(9):
        book.active.append([i * i, i % 4, f"=2*A{i + 2}"])
    out = io.BytesIO()
    book.save(out)
    parts = {name: zipfile.ZipFile(out).read(name) for name in zipfile.ZipFile(out).namelist()}
    dataset = ingest(workspace, upload("t.xlsx", out.getvalue()))
    assert any("formulas without a stored value" in note and "9 in the first" in note for note in dataset.notes)
    sheet = parts["xl/worksheets/sheet1.xml"]
    for i in range(9):
        sheet = sheet.replace(b"<f>2*A%d</f><v />" % (i + 2), b"<f>2*A%d</f><v>%d</v>" % (i + 2, 2 * i * i))
    stored = ingest(workspace, upload("t.xlsx", zipped(parts | {"xl/worksheets/sheet1.xml": sheet})))
    np.testing.assert_array_equal(stored.main_field.array[:, 2], 2 * stored.main_field.array[:, 0])
    assert not any("formulas" in note for note in stored.notes)


def test_a_parquet_file_that_expands_too_much_is_refused(workspace: Workspace) -> None:
    out = io.BytesIO()
    constant = pa.table({f"c{i}": np.zeros(1 << 20) for i in range(4)})
    with pq.ParquetWriter(out, constant.schema) as writer:
        for _ in range(40):
            writer.write_table(constant)
    with pytest.raises(UploadRejected, match="41,943,040 rows"):
        ingest(workspace, upload("bomb.parquet", out.getvalue()))


def test_categories_are_the_same_over_many_batches(workspace: Workspace) -> None:
    words = np.array(["one", "two", "three"])[RNG.integers(0, 3, 100_000)]
    words[-1] = "late"
    values = RNG.random(100_000)
    out = io.BytesIO()
    pq.write_table(pa.table({"word": words, "value": values}), out)
    dataset = ingest(workspace, upload("t.parquet", out.getvalue()), IngestOptions(label_column=""))
    categories = np.array(dataset.main_field.meta["columns"][0]["categories"])
    np.testing.assert_array_equal(categories[dataset.main_field.array[:, 0].astype(int)], words)


def test_too_many_labels_are_stored_as_text(workspace: Workspace) -> None:
    content = b"who,a,b\n" + b"".join(b"w%d,%d,%d\n" % (i, i * i, i % 9) for i in range(1200))
    dataset = ingest(workspace, upload("t.csv", content), IngestOptions(label_column="who"))
    assert dataset.labels is None
    assert dataset.table["label (text)"].to_pylist()[7] == "w7"
    assert any("too many to be classes" in note for note in dataset.notes)


@pytest.mark.parametrize("kind", [pa.float64(), pa.int64()])
def test_statistics_of_a_column_do_not_depend_on_the_batches(kind: pa.DataType) -> None:
    values: list[Any] = [*range(3000), None, 7]
    if pa.types.is_floating(kind):
        values += [float("nan"), float("inf"), 1e300]
    array = pa.array(values, kind)
    pieces, whole = Column("x"), Column("x")
    for start in range(0, len(values), 500):  # too many values to count from the third piece on
        pieces.update(array.slice(start, 500), ".")
    whole.update(array, ".")
    assert whole.value_counts is None
    assert pieces == whole
    assert (pieces.n_infinite, pieces.narrowing.low, pieces.narrowing.high) == (whole.n_infinite, 0, 2999)
