"""Rows of an array as a table: columns of numbers that are learned, and columns of long integers that are kept beside."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._array_file import ArrayHeader, pieces
from aeexplorer.data.readers.narrowing import Numbers, scan_numbers
from aeexplorer.data.tabular import MAX_COLUMNS, column
from aeexplorer.data.units import narrowing_notes, to_stored
from aeexplorer.data.uploads.staged import Staging

_EXACT_TYPES = ("b1", "i1", "i2", "u1", "u2", "f2", "f4")
"""Types whose numbers are all exact as float32."""
_EXACT_FLOAT64 = 1 << 53


def scan_array(x: ArrayHeader, columns: int) -> list[Numbers]:
    """Collect the numbers of each column or channel, the last axis of an array. Numbers that fit float32 are not looked at."""
    if x.dtype.str[1:] in _EXACT_TYPES and x.dtype.kind != "f":
        return [Numbers() for _ in range(columns)]
    return scan_numbers((_with_sign(piece) for piece in pieces(x)), columns)


def narrowed(samples: np.ndarray, columns: Sequence[Mapping[str, Any]], scanned: Sequence[Numbers]) -> np.ndarray:
    """Return samples ``(…, columns)`` as they are stored: float32, without offsets and scales, NaN where missing."""
    samples = _with_sign(samples)
    stored = np.empty(samples.shape, np.float32)
    for i, (description, numbers) in enumerate(zip(columns, scanned, strict=True)):
        values = samples[..., i]
        stored[..., i] = to_stored(description, values if values.dtype.kind == "i" else numbers.known(values))
    return stored


def store_table(x: ArrayHeader, numeric: Sequence[str], staging: Staging) -> dict[str, pa.Array]:
    """Store the rows of an array in the field ``table``.

    Parameters
    ----------
    x
        Array ``(n, columns)``.
    numeric
        Columns that are learned although their numbers are long.
    staging
        Receives field and notes.

    Returns
    -------
    dict of pyarrow.Array
        Columns that are stored beside the samples: long integers, with all their digits.
    """
    n, width = x.shape
    if width > MAX_COLUMNS:
        reason = f"the array has {width:,} columns, more than {MAX_COLUMNS:,}"
        raise x.member.rejected(reason, "Save fewer columns")
    scanned = scan_array(x, width)
    infinite = next((i for i, numbers in enumerate(scanned) if numbers.n_missing), None)
    if infinite is not None:
        reason = f"the column {infinite} holds single numbers that are too large for 32-bit floats"
        raise x.member.rejected(reason, "Scale the numbers down, or correct them")
    codes = [i for i, numbers in enumerate(scanned) if _is_code(numbers) and x.dtype.kind in "iu" and f"x{i}" not in numeric]
    learned = [i for i in range(width) if i not in codes]
    if len(learned) < 2:  # nothing else to learn
        codes, learned = [], list(range(width))
    inexact = [i for i in learned if scanned[i].narrowing.loses_digits]
    columns = [column(f"x{i}") | scanned[i].narrowing.describe() for i in learned]
    beside: dict[str, list[pa.Array]] = {f"x{i}": [] for i in codes} | {f"x{i} (exact)": [] for i in inexact}
    with staging.array("table", "tabular", (n, len(learned)), "float32", {"columns": columns}) as out:
        for piece in pieces(x):
            out.append(narrowed(piece[:, learned], columns, [scanned[i] for i in learned]))
            for i, parts in zip((*codes, *inexact), beside.values(), strict=True):
                parts.append(_exact(piece[:, i]))
    for i in codes:
        staging.note(f"column 'x{i}': its numbers have 16 or more digits, so they are kept beside the samples and not learned")
    for i, description in zip(learned, columns, strict=True):
        for sentence in narrowing_notes(f"x{i}", description, i in inexact):
            staging.note(sentence)
    return {name: pa.chunked_array(parts).combine_chunks() for name, parts in beside.items()}


def _is_code(numbers: Numbers) -> bool:
    return min(abs(numbers.narrowing.low), abs(numbers.narrowing.high)) >= _EXACT_FLOAT64 and numbers.n_known > 0


def _with_sign(numbers: np.ndarray) -> np.ndarray:
    """Convert whole numbers to int64 where they fit, other numbers to float64."""
    if numbers.dtype.kind in "biu" and (numbers.dtype != np.uint64 or int(numbers.max(initial=0)) < 1 << 63):
        return numbers.astype(np.int64)
    return numbers.astype(np.float64)


def _exact(values: np.ndarray) -> pa.Array:
    """Return values as int64 or float64, or as texts where they are too long for both."""
    return pa.array(values.astype(str) if values.dtype == np.uint64 else np.ascontiguousarray(values))
