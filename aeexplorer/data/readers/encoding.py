"""Convert columns whose values are recognised: learned columns to numbers, other columns with all their digits."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.readers.columns import (
    EXACT_FLOAT64,
    Column,
    is_number,
    parse_numbers,
    to_floats,
    to_integers,
    to_strings,
)
from aeexplorer.data.readers.dates import duration_steps, format_start, is_temporal, to_days, to_ticks
from aeexplorer.data.tabular import column as describe_column
from aeexplorer.data.units import to_stored

_EXACT_FLOAT32 = 1 << 24
"""Whole numbers up to this are exact as float32."""


def describe(c: Column) -> dict[str, Any]:
    """Describe a learned column as the metadata of a field do."""
    if c.kind == "date":
        return describe_column(c.name, start=format_start(c.first_day, c.has_whole_days, c.shown_unit), zone=c.zone)
    if c.kind == "categorical":
        return describe_column(c.name, c.categories)
    return describe_column(c.name) | describe_numbers(c)


def describe_numbers(c: Column) -> dict[str, Any]:
    """Describe what is taken off the numbers of a column; for durations also their unit."""
    if not c.duration_unit:
        return c.narrowing.describe()
    unit, ticks = duration_steps(c.duration_unit, -min(0, c.narrowing.decimals or 0))
    if max(abs(c.narrowing.low), abs(c.narrowing.high)) / ticks <= _EXACT_FLOAT32:
        return {"unit": unit}
    taken: dict[str, Any] = {"unit": unit} | c.narrowing.describe()
    if "offset" in taken:
        taken["offset"] = taken["offset"] // ticks if taken["offset"] % ticks == 0 else taken["offset"] / ticks
    if "decimals" in taken:
        taken["decimals"] += round(math.log10(ticks))
    return taken


def keep_exact(c: Column, values: pa.Array, decimal: str) -> pa.Array:
    """Convert values of a column that is stored beside the samples, with all their digits.

    Returns
    -------
    pyarrow.Array
        float64 for quantities, int64 for whole numbers beyond those that float64 holds, text for all other values.
    """
    if c.duration_unit:
        return to_ticks(values)
    if not is_number(values.type) and (c.code_reason or c.kind != "numeric"):
        return to_strings(values)
    size = max(abs(c.narrowing.low), abs(c.narrowing.high))
    is_declared = not pa.types.is_floating(values.type) or bool(c.code_reason)
    is_integer = is_declared and c.narrowing.is_whole and not c.n_infinite and size >= EXACT_FLOAT64
    if is_integer and size < 1 << 63 and not c.n_non_numeric:
        return pc.cast(values if is_number(values.type) else to_strings(values), pa.int64(), safe=False)
    if is_integer or (c.code_reason and c.kind != "numeric"):
        return to_strings(values)
    return pa.array(parse_numbers(values, decimal), from_pandas=True)


def encode(c: Column, values: pa.Array, decimal: str) -> np.ndarray:
    """Encode values of a learned column as numbers.

    Returns
    -------
    ndarray
        float64 ``(n,)``, NaN where missing: numbers, indices of categories, or days since the day of the first date.
    """
    if c.kind == "date":
        return to_days(values if is_temporal(values.type) else to_strings(values)) - np.floor(c.first_day)
    if c.kind != "categorical":
        return encode_numbers(c, values, decimal)
    return to_floats(pc.cast(pc.index_in(to_strings(values), value_set=pa.array(c.categories, pa.string())), pa.float64()))


def encode_numbers(c: Column, values: pa.Array, decimal: str, description: Mapping[str, Any] | None = None) -> np.ndarray:
    """Return numbers of a column as they are stored: float64 ``(n,)``, with offset and scale taken off, NaN where missing.

    The description holds offset and scale, by default those of the column.
    """
    if c.duration_unit:
        taken = describe_numbers(c) if description is None else description
        ticks = duration_steps(c.duration_unit, -min(0, c.narrowing.decimals or 0))[1] if description is None else 1
        return to_stored(taken, parse_numbers(to_ticks(values), decimal) / ticks)
    numbers = parse_numbers(values, decimal)
    description = c.narrowing.describe() if description is None else description
    integers = to_integers(values, numbers) if description else None
    if integers is not None:
        stored = to_stored(description, integers.fill_null(0).to_numpy(zero_copy_only=False))
        return np.where(integers.is_valid().to_numpy(zero_copy_only=False), stored, np.nan)
    known = c.numbers.known(numbers)
    return to_stored(description, known) if description else known
