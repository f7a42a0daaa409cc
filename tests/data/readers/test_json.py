"""JSON files: objects on lines, in one array or as columns, with NaN and long numbers."""

import json

import pandas as pd
import pyarrow as pa
import pytest

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.readers.jsonl import JsonlSource
from tests.data.readers.reading import opened

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
COLUMNS = {"a": ["1", "2", "3"], "b": ["x", "y", "z"]}


def read(text: str, name: str = "t.json") -> tuple[dict[str, list[str | None]], list[str]]:
    with opened(name, text.encode()) as member:
        source = JsonlSource(member)
        return pa.Table.from_batches(source.batches()).to_pydict(), source.notes


@pytest.mark.parametrize("orient", ["records", "columns", "split", "list"])
def test_tables_as_pandas_writes_them_are_read(orient: str) -> None:
    text = json.dumps(FRAME.to_dict("list")) if orient == "list" else FRAME.to_json(orient=orient)  # type: ignore[call-overload]
    assert read(text)[0] == COLUMNS


@pytest.mark.parametrize("name", ["t.json", "t.jsonl", "t.ndjson"])
@pytest.mark.parametrize("is_array", [False, True])
def test_the_content_tells_lines_from_an_array(name: str, is_array: bool) -> None:
    text = json.dumps(FRAME.to_dict("records"), indent=2) if is_array else FRAME.to_json(orient="records", lines=True)
    assert read(text, name)[0] == COLUMNS


def test_a_row_of_lists_and_an_index_of_objects_are_read() -> None:
    assert read('[["a", "b"], [1, "x"], [2, "y"], [3, "z"]]')[0] == COLUMNS
    assert read('{"r": {"a": 1}, "s": {"a": 2}}')[0] == {"name": ["r", "s"], "a": ["1", "2"]}


def test_the_only_table_under_a_key_is_read_and_said() -> None:
    columns, notes = read(json.dumps({"meta": {"n": 3}, "rows": FRAME.to_dict("records")}))
    assert columns == COLUMNS
    assert notes == ["the table under the key 'rows' was read"]


def test_nan_infinity_and_long_numbers_are_read() -> None:
    columns, _ = read('{"a": NaN, "b": 1}\n{"a": -Infinity, "b": 12345678901234567890123}\n{"a": true, "b": 0.5}\n', "t.jsonl")
    assert columns == {"a": [None, "-inf", "true"], "b": ["1", "12345678901234567890123", "0.5"]}


def test_a_long_array_on_one_line_is_read() -> None:
    text = json.dumps([{"a": i, "b": "x" * 50} for i in range(30_000)])  # more than a line may have
    assert read(text)[0]["a"][-1] == "29999"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1,}]', "not readable JSON"),
        ("[" * 100_000, "not readable JSON"),
        ('[{"a": ' + "1" * 5000 + "}]", "nested too deeply, or a number is too long"),
        ('[{"a": "\\ud800", "b": NaN}]', "not readable JSON"),
        ("[1, 2, 3]", "no list of objects"),
        ('"text"', "not a JSON object"),
    ],
)
def test_what_is_no_table_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UploadRejected, match=reason):
        read(text)


@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
@pytest.mark.parametrize("indent", [None, 2])
def test_objects_under_one_key_are_rows_and_not_a_column_of_objects(name: str, indent: int | None) -> None:
    columns, notes = read(json.dumps({"results": FRAME.to_dict("records")}, indent=indent), name)
    assert columns == COLUMNS
    assert notes == ["the table under the key 'results' was read"]
    assert read(json.dumps({"count": 3, "results": FRAME.to_dict("records")}), name)[0] == COLUMNS
