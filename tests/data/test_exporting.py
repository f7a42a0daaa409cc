import csv
import io

import pyarrow as pa

from aeexplorer.data.exporting import csv_bytes


def test_what_would_be_a_formula_is_text_and_numbers_stay() -> None:
    texts = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "-1.5e3", "+7", "plain = 1", "", None, 'a,"b']
    table = pa.table({"=name": texts, "n": range(len(texts))})
    rows = list(csv.reader(io.StringIO(csv_bytes(table).decode())))
    assert rows[0] == ["'=name", "n"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'+A1", "'-A1", "'@SUM(A1)", "'\t=1", *texts[5:9], "", 'a,"b']
    assert [row[1] for row in rows[1:]] == [str(i) for i in range(len(texts))]


def test_columns_of_one_name_and_no_rows_are_written() -> None:
    table = pa.Table.from_arrays([pa.array([], pa.string())] * 2, ["a", "a"])
    assert csv_bytes(table).decode() == '"a","a"\n'
