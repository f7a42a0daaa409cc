"""Own units of columns and channels: what a stored number stands for, and how it is shown.

A column is stored as float32, which keeps about seven digits. Where values of a column would become equal in it, an offset (and a
scale) is taken off first: ``stored = (value - offset) / scale``. The description of such a column has

- ``offset`` and ``scale``, each a number; by default 0 and 1;
- ``decimals``: the values in the file have at most so many decimals. −3 says that all are multiples of a thousand.

Columns of dates have ``start`` and possibly ``zone`` (see `aeexplorer.data.tabular.column`), those of durations have ``unit``.
A column without these entries is stored in its own units.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.tabular import format_date

_EXACT_FLOAT64 = 1 << 53
"""Whole numbers up to this are exact as float64."""


def has_own_units(meta: Mapping[str, Any]) -> bool:
    """Return whether an offset or a scale was taken off a column or channel of a field."""
    return any("offset" in column or "scale" in column for column in meta.get("columns", ()))


def to_stored(column: Mapping[str, Any], values: np.ndarray | float) -> np.ndarray:
    """Take offset and scale off values in own units.

    Parameters
    ----------
    column
        Description of the column.
    values
        float64 or int64 of any shape.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape.
    """
    difference = np.asarray(values) - column.get("offset", 0)
    return np.asarray(difference, np.float64) / column.get("scale", 1.0)


def to_own(column: Mapping[str, Any], stored: np.ndarray | float) -> np.ndarray:
    """Convert stored numbers of a column to its own units.

    A number that was stored from a value of the file gives that value again: of all numbers that are stored equally, the one
    with the column's decimals is returned.

    Parameters
    ----------
    column
        Description of the column.
    stored
        float32 of any shape, NaN where missing.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape.
    """
    difference, is_rounded = _own_difference(column, stored)
    own = difference + float(column.get("offset", 0))
    decimals = column.get("decimals", 0)
    return np.where(is_rounded, np.round(own, decimals), own) if decimals > 0 else own


def to_stored_samples(meta: Mapping[str, Any], samples: np.ndarray) -> np.ndarray:
    """Take offsets and scales off samples ``(…, columns)`` in own units: float64 of the same shape."""
    return np.stack([to_stored(column, samples[..., i]) for i, column in enumerate(meta["columns"])], -1)


def to_own_samples(meta: Mapping[str, Any], samples: np.ndarray) -> np.ndarray:
    """Convert stored samples ``(…, columns)`` of a field to own units.

    Returns
    -------
    numpy.ndarray
        float64 of the same shape; the samples themselves where nothing was taken off any column.
    """
    if not has_own_units(meta):
        return samples
    return np.stack([to_own(column, samples[..., i]) for i, column in enumerate(meta["columns"])], -1)


def to_own_array(column: Mapping[str, Any], stored: np.ndarray) -> pa.Array:
    """Convert stored numbers ``(n,)`` of a numeric column to an Arrow array in own units, with nulls where missing.

    Returns
    -------
    pyarrow.Array
        float32 where nothing was taken off, int64 for whole numbers beyond those that float64 holds, else float64.
    """
    if "offset" not in column and "scale" not in column:
        return pa.array(np.asarray(stored), from_pandas=True)
    difference, is_rounded = _own_difference(column, stored)
    is_missing = np.isnan(difference)
    offset = column.get("offset", 0)
    if isinstance(offset, int) and abs(offset) > _EXACT_FLOAT64 and bool((is_rounded | is_missing).all()):
        return pa.array(np.where(is_missing, 0, difference).astype(np.int64) + offset, mask=is_missing)
    return pa.array(to_own(column, stored), from_pandas=True)


def column_in_own_units(column: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a column whose values are in own units: its statistics converted, offset and scale left out."""
    scale, offset = float(column.get("scale", 1.0)), float(column.get("offset", 0))
    places = {key: offset + scale * float(column[key]) for key in ("low", "high", "mean") if key in column}
    spread = {"std": scale * float(column["std"])} if "std" in column else {}
    plain = {key: value for key, value in column.items() if key not in ("offset", "scale", "decimals")}
    return plain | places | spread


def narrowing_notes(name: str, column: Mapping[str, Any], has_exact: bool) -> Iterator[str]:
    """Yield notes for the user on what was taken off a column or channel, and whether exact values are stored beside it."""
    taken = [f"{column['offset']:,} was taken off"] if "offset" in column else []
    taken += [f"values were divided by {column['scale']:.3g}"] if "scale" in column else []
    if taken:
        yield f"column {name!r}: {' and '.join(taken)} to keep close values apart; they are shown and exported in their own units"
    if has_exact:
        exact = f"{name} (exact)"
        yield f"column {name!r}: its values have more digits than are learned; {exact!r} beside the samples has them all"


def difference_in_own_units(column: Mapping[str, Any], difference: float) -> float:
    """Convert a difference of two stored numbers to the units of the column."""
    return difference * float(column.get("scale", 1.0))


def format_value(column: Mapping[str, Any], stored: float) -> str:
    """Format a stored number of a column for people: in its own units, as a date, or as a category; empty where missing."""
    if np.isnan(stored):
        return ""
    if column["kind"] == "categorical":
        return str(column["categories"][int(stored)])
    if start := column.get("start"):
        return format_date(str(start), stored, str(column.get("zone", "")))
    unit = f" {column['unit']}" if column.get("unit") else ""
    if "offset" not in column and "scale" not in column:
        return f"{stored:.{6 if unit else 4}g}{unit}"
    return _format_own(column, stored) + unit


def number_format(column: Mapping[str, Any]) -> str:
    """Return the format of a number in own units for a widget: with enough digits to tell close values apart."""
    if "offset" not in column:
        return "%g"
    return f"%.{max(0, column['decimals'])}f" if "decimals" in column else "%.12g"


def _format_own(column: Mapping[str, Any], stored: float) -> str:
    """Format a number with as many digits as tell it from its neighbours."""
    own, offset = to_own_array(column, np.array([stored], np.float32))[0].as_py(), column.get("offset", 0)
    difference, is_rounded = _own_difference(column, np.array([stored], np.float32))
    if not offset:
        return f"{own:.6g}"
    if is_rounded[0]:
        return f"{own:.{max(0, column['decimals'])}f}" if isinstance(own, float) else str(own)
    spread = abs(difference[0])
    if "high" in column:
        spread = difference_in_own_units(column, float(column["high"]) - float(column["low"]))
    decimals = max(0, 4 - math.floor(math.log10(spread))) if spread > 0 else 6
    return f"{own:.{min(decimals, 12)}f}"


def _own_difference(column: Mapping[str, Any], stored: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Return own value minus offset as float64, and where it was rounded to the decimals of the column."""
    narrow, scale = np.asarray(stored, np.float32), float(column.get("scale", 1.0))
    difference = narrow.astype(np.float64) * scale
    if "decimals" not in column:
        return difference, np.zeros(difference.shape, bool)
    rounded = np.round(difference, column["decimals"])
    # the distance to the next float32, and the precision with which the offset was taken off
    tolerance = np.spacing(np.abs(narrow)).astype(np.float64) * scale + np.spacing(abs(float(column.get("offset", 0))))
    is_rounded = np.abs(rounded - difference) <= tolerance
    return np.where(is_rounded, rounded, difference), is_rounded
