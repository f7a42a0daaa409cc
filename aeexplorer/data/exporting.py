"""Export of datasets and tables. Texts in a CSV are escaped so that no spreadsheet runs them as formulas."""

import io
import shutil
import zipfile
from collections.abc import Mapping
from typing import IO, Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from aeexplorer.data.dataset import Dataset, Field
from aeexplorer.data.split import SPLITS
from aeexplorer.data.tabular import format_date
from aeexplorer.data.units import column_in_own_units, has_own_units, to_own_array, to_own_samples

_FORMULA = r"^[=+\-@\t\r\n]"
_CHUNK_SAMPLES = 4096
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def csv_bytes(table: pa.Table) -> bytes:
    """Write a table as CSV with a header, in UTF-8.

    Texts and column names that begin with ``=``, ``+``, ``-``, ``@``, a tab or a line break are prefixed with an apostrophe
    unless they are numbers, so that a spreadsheet shows them instead of evaluating them.
    """
    columns = [_escape_formulas(column) if pa.types.is_string(column.type) else column for column in table.columns]
    names = _escape_formulas(pa.chunked_array([pa.array(table.column_names, pa.string())])).to_pylist()
    out = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_arrays(columns, names), out)
    return out.getvalue()


def _escape_formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    number = pc.match_substring_regex(texts, _NUMBER)
    formula = pc.and_not(pc.match_substring_regex(texts, _FORMULA), number)
    return pc.if_else(formula, pc.binary_join_element_wise("'", texts, ""), texts)


def write_archive(dataset: Dataset, out: BinaryIO) -> None:
    """Write a dataset as a zip: arrays as ``.npy``, tables as CSV, and a ``README.txt`` that describes the files.

    ``samples.csv`` has one row per sample: id, source, label, metadata and split.
    """
    table = dataset.table.append_column("split", pa.array([SPLITS[i] for i in dataset.split]))
    lines = [f"{dataset.name} ({dataset.id}): {dataset.n:,} samples", "", "samples.csv: one row per sample, in order"]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("samples.csv", csv_bytes(table))
        for i, field in enumerate(dataset.fields.values()):
            stem = f"{i}-{field.modality}"
            with archive.open(f"{stem}.npy", "w", force_zip64=True) as target:
                dtype = _write_field(field, target)
            lines.append(f"{stem}.npy: {field.name}, {dtype} ({', '.join(map(str, (dataset.n, *field.shape)))})")
            if len(field.shape) == 1 and "columns" in field.meta:
                archive.writestr(f"{stem}.csv", csv_bytes(_readable_table(field)))
                lines.append(f"{stem}.csv: the same values with the names of columns and categories; missing values are empty")
            elif field.meta:
                archive.writestr(f"{stem}.json", orjson.dumps(_meta_in_own_units(field.meta), option=orjson.OPT_INDENT_2))
                lines.append(f"{stem}.json: metadata of {stem}.npy")
        archive.writestr("README.txt", "\n".join([*lines, *(["", *dataset.notes] if dataset.notes else []), ""]))


def _write_field(field: Field, out: IO[bytes]) -> str:
    """Write the array of a field in its own units, and return its type: as stored, or float64 where offsets are added again."""
    if not has_own_units(field.meta):
        with field.path.open("rb") as source:
            shutil.copyfileobj(source, out, 1 << 20)
        return field.dtype
    header = {"descr": "<f8", "fortran_order": False, "shape": field.array.shape}
    np.lib.format.write_array_header_1_0(out, header)
    for start in range(0, len(field.array), _CHUNK_SAMPLES):
        samples = to_own_samples(field.meta, np.asarray(field.array[start : start + _CHUNK_SAMPLES]))
        out.write(np.ascontiguousarray(samples, "<f8").data)
    return "float64"


def _meta_in_own_units(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a field as they are for values in own units."""
    if not has_own_units(meta):
        return dict(meta)
    return {**meta, "columns": [column_in_own_units(column) for column in meta["columns"]]}


def _readable_table(field: Field) -> pa.Table:
    """Return a tabular field with the names of its categories and its dates as texts."""
    columns = []
    for i, column in enumerate(field.meta["columns"]):
        values = np.asarray(field.array[:, i])
        if column["kind"] == "categorical":
            names = pa.array([str(name) for name in column["categories"]], pa.string())
            columns.append(names.take(pa.array(values, from_pandas=True).cast(pa.int32())))
        elif start := column.get("start"):
            zone = column.get("zone", "")
            columns.append(pa.array([None if np.isnan(v) else format_date(start, float(v), zone) for v in values], pa.string()))
        else:
            columns.append(to_own_array(column, values))
    return pa.Table.from_arrays(columns, [str(column["name"]) for column in field.meta["columns"]])
