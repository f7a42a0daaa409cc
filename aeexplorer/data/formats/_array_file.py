"""Reader of `.npy` files: a header that is checked against the size of the file, and the array in pieces."""

import math
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aeexplorer.core.errors import UploadRejected
from aeexplorer.data.uploads.members import Member

_PIECE_BYTES = 8 << 20
_MAX_FORTRAN_BYTES = 256 << 20  # arrays in Fortran order are read at once


@dataclass(frozen=True)
class ArrayHeader:
    """Header of a `.npy` file, checked against the size of the file."""

    member: Member
    shape: tuple[int, ...]
    dtype: np.dtype
    is_fortran: bool
    offset: int
    """First byte of the data."""
    parts: tuple["ArrayHeader", ...] = ()
    """Arrays that follow each other and together are this array; empty for the array of a file."""


def read_header(member: Member) -> ArrayHeader:
    """Read and check the header of a `.npy` file.

    Raises
    ------
    UploadRejected
        If the header is damaged, declares objects or structures, or does not fit the size of the file.
    """
    with member.open() as source:
        try:
            version = np.lib.format.read_magic(source)
            if version not in ((1, 0), (2, 0)):
                reason = f"it has an uncommon version of the format ({version[0]}.{version[1]})"
                raise member.rejected(reason, "Save it with numpy.save")
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, is_fortran, dtype = read(source)
        except UploadRejected:
            raise
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError, tokenize.TokenError):
            raise member.rejected("the file has no readable header of an array", "Save it with numpy.save") from None
        offset = source.tell()
    if dtype.hasobject:
        reason = "the array holds Python objects, which are never loaded"
        raise member.rejected(reason, "Save it as numbers (or text, for labels)")
    if dtype.names is not None or dtype.subdtype is not None:
        raise member.rejected("the array is a structured array", "Save the columns as one array of numbers, or as CSV")
    declared, actual = math.prod(shape) * dtype.itemsize, member.size - offset
    if any(length < 0 for length in shape) or declared != actual:
        is_possible = declared > actual >= 0 or declared < actual
        explanation = "the file is cut off or has trailing bytes" if is_possible else "this is impossible"
        reason = f"the header promises {declared:,} bytes of data, but {actual:,} follow: {explanation}"
        raise member.rejected(reason, "Save it again with numpy.save")
    return ArrayHeader(member, tuple(int(length) for length in shape), dtype, bool(is_fortran), offset)


def join(headers: Sequence[ArrayHeader]) -> ArrayHeader:
    """Return arrays as one array, one after another.

    Raises
    ------
    UploadRejected
        If their samples differ in shape, or in kind (texts and numbers).
    """
    first = headers[0]
    for header in headers[1:]:
        if header.shape[1:] != first.shape[1:] or (header.dtype.kind in "US") != (first.dtype.kind in "US"):
            reason = f"its samples have the shape {header.shape[1:]}, but those of {first.member.name} {first.shape[1:]}"
            raise header.member.rejected(reason, "Save arrays of the same shape and kind, or only one of them")
    shape = (sum(header.shape[0] for header in headers), *first.shape[1:])
    dtype = np.result_type(*(header.dtype.newbyteorder("=") for header in headers))
    return ArrayHeader(first.member, shape, dtype, False, 0, tuple(headers))


def pieces(header: ArrayHeader) -> Iterator[np.ndarray]:
    """Yield the array in pieces along its first axis, in native byte order."""
    if header.parts:
        for part in header.parts:
            yield from (piece.astype(header.dtype, copy=False) for piece in pieces(part))
        return
    native = header.dtype.newbyteorder("=")
    row_bytes = math.prod(header.shape[1:]) * header.dtype.itemsize
    with header.member.open() as source:
        source.read(header.offset)
        if header.is_fortran:
            if row_bytes * header.shape[0] > _MAX_FORTRAN_BYTES:
                reason = "the array is large and in Fortran order"
                raise header.member.rejected(reason, "Save numpy.ascontiguousarray(x)")
            flat = np.frombuffer(source.read(row_bytes * header.shape[0]), header.dtype)
            yield np.ascontiguousarray(flat.reshape(header.shape, order="F")).astype(native)
            return
        rows = max(1, _PIECE_BYTES // max(row_bytes, 1))
        for start in range(0, header.shape[0], rows):
            count = min(rows, header.shape[0] - start)
            content = source.read(count * row_bytes)
            if len(content) != count * row_bytes:
                raise header.member.rejected("the file ends before its header says", "Save it again with numpy.save")
            yield np.frombuffer(content, header.dtype).reshape(count, *header.shape[1:]).astype(native, copy=False)
