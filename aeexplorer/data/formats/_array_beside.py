"""Arrays of an upload other than samples and labels, such as names or ids: columns that are stored beside the samples."""

import math
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.formats._array_file import ArrayHeader, pieces, read_header
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.staged import Staging, unique_column_name

_MAX_VALUES = 1 << 26
_MAX_NAMES = 5


def fits_beside(member: Member, n: int) -> bool:
    """Return whether an array has one number or text for each of `n` samples."""
    return _one_per_sample(member, n) is not None


def store_beside(members: Sequence[Member], n: int, taken: Collection[str], staging: Staging) -> dict[str, pa.Array]:
    """Return the arrays with one value for each of `n` samples as columns, with all their digits; a note names the others.

    Names in `taken` are those of other columns.
    """
    columns: dict[str, pa.Array] = {}
    used, left_out = {"id", *taken}, []
    for member in members:
        name, header = PurePosixPath(member.name.replace("\\", "/")).stem, _one_per_sample(member, n)
        if header is None:
            left_out.append(name)
        else:
            columns[unique_column_name(name, used)] = _to_column(np.concatenate([*pieces(header)]).reshape(n))
    if columns:
        staging.note(f"arrays stored beside the samples, not learned: {_names([*columns])}")
    if left_out:
        staging.note(f"arrays that are neither samples nor one value for each sample were left out: {_names(left_out)}")
    return columns


def _one_per_sample(member: Member, n: int) -> ArrayHeader | None:
    try:
        header = read_header(member)
    except UploadRejected:  # an array of objects
        return None
    fits = header.shape[:1] == (n,) and math.prod(header.shape) == n <= _MAX_VALUES
    return header if fits and header.dtype.kind in "buifUS" else None


def _to_column(values: np.ndarray) -> pa.Array:
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
    return pa.array(values.tolist() if values.dtype.kind == "U" else values)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:_MAX_NAMES])
    return f"{shown} and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else shown
