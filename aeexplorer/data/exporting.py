"""CSV as the app writes it everywhere: no text in it starts a formula when a spreadsheet opens it."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_FORMULA = r"^[=+\-@\t\r\n]"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def csv_bytes(table: pa.Table) -> bytes:
    """The table as CSV with a header, in UTF-8.

    Texts, and names of columns, that begin with ``=``, ``+``, ``-``, ``@`` or white space get an apostrophe in front,
    unless they are numbers: a spreadsheet shows them then instead of computing them.
    """
    columns = [_harmless(column) if pa.types.is_string(column.type) else column for column in table.columns]
    names = _harmless(pa.chunked_array([pa.array(table.column_names, pa.string())])).to_pylist()
    out = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_arrays(columns, names), out)
    return out.getvalue()


def _harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    number = pc.match_substring_regex(texts, _NUMBER)
    formula = pc.and_not(pc.match_substring_regex(texts, _FORMULA), number)
    return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)
