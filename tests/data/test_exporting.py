import csv
import io
import zipfile

import numpy as np
import pyarrow as pa

from aeexplorer.core.workspace import Workspace
from aeexplorer.data.dataset import Dataset, NewField, create_dataset
from aeexplorer.data.exporting import csv_bytes, write_archive
from aeexplorer.data.tabular import column, with_statistics


def test_formulas_are_escaped_and_numbers_stay() -> None:
    texts = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "-1.5e3", "+7", "plain = 1", "", None, 'a,"b']
    table = pa.table({"=name": texts, "n": range(len(texts))})
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode())))
    assert rows[0] == ["'=name", "n"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+A1", "'-A1", "'@SUM(A1)", "'\t=1", *texts[5:9], "", 'a,"b']
    assert [row[1] for row in rows[1:]] == [str(i) for i in range(len(texts))]


def test_columns_of_the_same_name_without_rows_are_written() -> None:
    table = pa.Table.from_arrays([pa.array([], pa.string())] * 2, ["a", "a"])
    assert csv_bytes(table).decode() == '"a","a"\n'


def open_archive(dataset: Dataset) -> zipfile.ZipFile:
    out = io.BytesIO()
    write_archive(dataset, out)
    return zipfile.ZipFile(out)


def test_an_archive_of_pictures_holds_the_array_and_every_sample(dataset: Dataset) -> None:
    with open_archive(dataset) as archive:
        assert sorted(archive.namelist()) == ["0-image.npy", "README.txt", "samples.csv"]
        array = np.load(io.BytesIO(archive.read("0-image.npy")), allow_pickle=False)
        assert np.array_equal(array, dataset.main_field.array)
        rows = list(csv.DictReader(io.StringIO(archive.read("samples.csv").decode())))
        assert [row["id"] for row in rows] == [str(i) for i in range(dataset.n)]
        assert [row["split"] for row in rows].count("test") == len(dataset.ids("test"))
        assert rows[3]["label"] == dataset.table["label"][3].as_py()
        assert "0-image.npy: image, uint8 (320, 1, 8, 8)" in archive.read("README.txt").decode()


def test_an_archive_of_a_table_contains_names_categories_and_dates(workspace: Workspace) -> None:
    values = np.array([[1.5, 0, 0], [np.nan, 1, 1], [2.5, np.nan, 31]], np.float32)
    columns = [column("=size"), column("colour", ("red", "-1+1")), column("day", start="2020-01-01")]
    field = NewField("tabular", values, {"columns": with_statistics(values, columns, np.ones(3, bool))})
    dataset = create_dataset(workspace, "t", {"table": field}, pa.table({"source": ["a"] * 3}), np.zeros(3, np.int8), ("noted",))
    with open_archive(dataset) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("0-tabular.csv").decode())))
        assert rows == [
            ["'=size", "colour", "day"],
            ["1.5", "red", "2020-01-01"],
            ["", "'-1+1", "2020-01-02"],
            ["2.5", "", "2020-02-01"],
        ]
        assert "noted" in archive.read("README.txt").decode()
