"""NumPy arrays: `.npy` files (x, and y by its name) and `.npz` archives; read in pieces, never unpickled."""

import math
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._layout import channels_first, layouts, may_be_one_picture
from aeexplorer.data.formats._series import check_size, tell_infinite, tell_lengths, to_float32
from aeexplorer.data.formats.base import Format
from aeexplorer.data.tabular import MAX_COLUMNS, column
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, LayoutGuess
from aeexplorer.data.uploads.staged import Staging

X_NAMES = ("x", "data", "images", "image", "features", "arr_0")
Y_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes", "arr_1")
_PIECE = 8 << 20
_BRIGHT = 128  # whole numbers from 0 to at most 255 that reach this are bytes already; 0 … 16 would be all but black
_LARGEST = float(np.finfo(np.float32).max)
_WHOLE = 256 << 20  # arrays in Fortran order are read at once, up to this many bytes


@dataclass(frozen=True)
class Header:
    """What a `.npy` file says of itself, checked against its size."""

    member: Member
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    offset: int


class Arrays(Format):
    """Arrays → pictures (uint8 as they are, other numbers scaled to float32 in [0, 1]), tables or series."""

    name = "arrays"
    reads = "a .npy or .npz array (x, and y for labels)"

    def claims(self, member: Member) -> bool:
        return member.kind == "npy" or (member.kind == "" and member.suffix in (".npy", ".npz"))

    def inspect(self, members: Sequence[Member]) -> Guess:
        x, y = _x_and_y(members)
        ways = layouts(x.shape) or [_no_layout(x)]
        found: dict[str, int] = {}
        if y is not None:
            names, counts = np.unique(np.array(_labels(y)), return_counts=True)
            order = np.argsort(-counts, kind="stable")[:100]
            found = {str(names[i]): int(counts[i]) for i in order}
        return Guess(
            kind="an array",
            choices=("layout",),
            n=x.shape[0],
            layouts=tuple(ways),
            labels=found,
            options=IngestOptions(layout=ways[0].layout),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        x, y = _x_and_y(members)
        way = _chosen(x, options)
        n = x.shape[0]
        columns: dict[str, pa.Array] = {}
        if y is not None and options.label_column != "":
            columns["label"] = pa.array(_labels(y), pa.string())
        if way.layout == "series":
            _store_series(x, way, staging)
        elif way.layout == "table":
            _range(x, staging)
            _store_table(x, staging)
        else:
            _store_pictures(x, way, *_range(x, staging), staging)
        columns["source"] = pa.array([f"{x.member.name}, row {i}" for i in range(n)], pa.string())
        staging.rows(pa.table(columns))


def _x_and_y(members: Sequence[Member]) -> tuple[Header, Header | None]:
    """The headers of the samples and, where there is one, of the labels."""
    named = {PurePosixPath(m.name).stem.lower(): m for m in members}
    if len(members) == 1:
        return _samples(_header(members[0])), None
    x = next((named[name] for name in X_NAMES if name in named), None)
    y = next((named[name] for name in Y_NAMES if name in named), None)
    if x is None or (y is None and len(members) > 1):
        given = ", ".join(sorted(named))
        raise members[0].rejected(f"it is unclear which array holds the samples among {given}", "Name them x and y")
    samples, labels = _samples(_header(x)), _header(y) if y is not None else None
    if labels is not None and (not labels.shape or labels.shape[0] != samples.shape[0]):
        have = labels.shape[0] if labels.shape else 0
        raise labels.member.rejected(f"there are {have:,} labels for {samples.shape[0]:,} samples", "Give one label a sample")
    return samples, labels


def _header(member: Member) -> Header:
    with member.open() as source:
        try:
            version = np.lib.format.read_magic(source)
            if version not in ((1, 0), (2, 0)):
                raise ValueError("an uncommon version")
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(source)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError, tokenize.TokenError) as error:
            raise member.rejected(f"its header is not that of an array ({_brief(error)})", "Save it with numpy.save") from None
        offset = source.tell()
    if dtype.hasobject:
        raise member.rejected("it holds Python objects, which are never loaded", "Save it as numbers (or text, for labels)")
    if dtype.names is not None or dtype.subdtype is not None:
        raise member.rejected("it is a structured array", "Save the columns as one array of numbers, or as a CSV")
    expected, held = math.prod(shape) * dtype.itemsize, member.size - offset
    if any(length < 0 for length in shape) or expected != held:
        what = "is cut off or has trailing bytes" if expected > held >= 0 or expected < held else "is impossible"
        reason = f"its header promises {expected:,} bytes of data and {held:,} follow: the file {what}"
        raise member.rejected(reason, "Save it again with numpy.save")
    return Header(member, tuple(int(length) for length in shape), dtype, bool(fortran), offset)


def _brief(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:100]


def _samples(x: Header) -> Header:
    if x.dtype.kind == "c":
        raise x.member.rejected("it holds complex numbers", "Save the real part, or the absolute value")
    if x.dtype.kind not in "buif":
        raise x.member.rejected(f"it holds {x.dtype.name}, not numbers", "Save numbers")
    if len(x.shape) < 2 or 0 in x.shape:
        raise x.member.rejected(f"its shape {x.shape} has no samples with features", "Give (samples, …) with at least two axes")
    return x


def _no_layout(x: Header) -> LayoutGuess:
    if may_be_one_picture(x.shape):
        reason = f"its shape {x.shape} is that of a single picture"
        fix = "Stack several: (samples, height, width, channels); if these are series, choose the layout series"
        raise x.member.rejected(reason, fix)
    raise x.member.rejected(
        f"its shape {x.shape} can be read neither as pictures nor as a table",
        "Give (n, height, width, channels) or (n, channels, height, width), (n, height, width), (n, features), or series as "
        "(n, steps, channels)",
    )


def _chosen(x: Header, options: IngestOptions) -> LayoutGuess:
    ways = layouts(x.shape) or [_no_layout(x)]
    if options.layout == "auto":
        return _no_layout(x) if ways[0].layout == "series" and may_be_one_picture(x.shape) else ways[0]
    way = next((way for way in ways if way.layout == options.layout), None)
    if way is None:
        fitting = ", ".join(way.layout for way in ways)
        raise x.member.rejected(f"its shape {x.shape} cannot be read as {options.layout}", f"Choose one of {fitting}")
    return way


def _pieces(header: Header) -> Iterator[np.ndarray]:
    """The array in pieces along its first axis, in native byte order."""
    native = header.dtype.newbyteorder("=")
    row = math.prod(header.shape[1:]) * header.dtype.itemsize
    with header.member.open() as source:
        source.read(header.offset)
        if header.fortran:
            if row * header.shape[0] > _WHOLE:
                raise header.member.rejected("it is large and in Fortran order", "Save numpy.ascontiguousarray(x)")
            flat = np.frombuffer(source.read(row * header.shape[0]), header.dtype)
            yield np.ascontiguousarray(flat.reshape(header.shape, order="F")).astype(native)
            return
        rows = max(1, _PIECE // max(row, 1))
        for start in range(0, header.shape[0], rows):
            count = min(rows, header.shape[0] - start)
            content = source.read(count * row)
            if len(content) != count * row:
                raise header.member.rejected("it ends before its header says", "Save it again with numpy.save")
            yield np.frombuffer(content, header.dtype).reshape(count, *header.shape[1:]).astype(native, copy=False)


def _range(x: Header, staging: Staging) -> tuple[float, float, bool]:
    """Lowest and highest value, and whether all are whole numbers; refuses NaN, infinity and sameness."""
    low, high, whole, first, varied, done = math.inf, -math.inf, True, None, False, 0
    for piece in _pieces(x):
        if piece.dtype.kind == "f":
            bad = ~np.isfinite(piece)
            if bad.any():
                row = done + int(bad.reshape(len(piece), -1).any(axis=1).argmax())
                reason = "it holds NaN or infinity"
                raise x.member.rejected(reason, "Replace them, or give a CSV or Parquet table, which may have gaps", f"row {row}")
            whole = whole and bool((piece == np.trunc(piece)).all())
        low, high = min(low, float(piece.min())), max(high, float(piece.max()))
        first = piece[0] if first is None else first
        varied = varied or bool((piece != first).any())
        done += len(piece)
        staging.progress(0.5 * done / x.shape[0], f"looking at row {done:,} of {x.shape[0]:,}")
    if not varied and x.shape[0] > 1:
        raise x.member.rejected("all samples are identical", "Give samples that differ; there is nothing to learn")
    if max(-low, high) > _LARGEST:
        raise x.member.rejected(f"it holds numbers up to {max(-low, high):.2g}, too large for 32-bit floats", "Scale them down")
    return low, high, whole


def _store_pictures(x: Header, way: LayoutGuess, low: float, high: float, whole: bool, staging: Staging) -> None:
    n, done, kind = x.shape[0], 0, x.dtype.kind
    fits = kind == "b" or (whole and low >= 0 and _BRIGHT <= high <= 255)
    if kind == "f" and high <= 1 and low >= -1:
        low, high = (0.0 if low >= 0 else -1.0), 1.0
    meta = {} if fits else {"low": low, "high": high}
    with staging.array("image", "image", (n, *way.shape), "uint8" if fits else "float32", meta) as out:
        for piece in _pieces(x):
            pictures = channels_first(piece, way)
            if kind == "b":
                out.append(pictures.astype(np.uint8) * np.uint8(255))
            elif fits:
                out.append(pictures.astype(np.uint8))
            else:
                scaled = (pictures.astype(np.float64) - low) / (high - low)
                out.append(scaled.clip(0, 1).astype(np.float32))
            done += len(piece)
            staging.progress(0.5 + 0.5 * done / n, f"storing row {done:,} of {n:,}")
    shape = " × ".join(map(str, way.shape))
    staging.note(f"the array {x.shape} was read as {way.layout}: pictures of {shape} (channels × height × width)")
    if not fits and (low, high) != (0.0, 1.0):
        staging.note(f"values from {low:g} to {high:g} were scaled to 0 to 1")


def _store_table(x: Header, staging: Staging) -> None:
    n, width = x.shape
    if width > MAX_COLUMNS:
        raise x.member.rejected(f"it has {width:,} columns, more than {MAX_COLUMNS:,}", "Choose fewer")
    with staging.array("table", "tabular", (n, width), "float32", {"columns": [column(f"x{i}") for i in range(width)]}) as out:
        for piece in _pieces(x):
            out.append(piece.astype(np.float32))


def _store_series(x: Header, way: LayoutGuess, staging: Staging) -> None:
    n, (steps, channels) = x.shape[0], way.shape
    check_size(x.member, n, steps, channels)
    names = [f"channel {i}" for i in range(1, channels + 1)] if channels > 1 else ["value"]
    infinite, done, shortest, longest, varied = 0, 0, steps, 0, False
    first: np.ndarray | None = None
    with staging.array("series", "series", (n, steps, channels), "float32", {"columns": [column(name) for name in names]}) as out:
        for piece in _pieces(x):
            values, lost = to_float32(piece.reshape(len(piece), steps, channels))
            out.append(values)
            first = values[0] if first is None else first
            varied = varied or not all(np.array_equal(first, series, equal_nan=True) for series in values)
            known = ~np.isnan(values).all(2)
            ends = np.where(known, np.arange(1, steps + 1), 0).max(1)
            infinite, done = infinite + lost, done + len(piece)
            shortest, longest = min(shortest, int(ends.min())), max(longest, int(ends.max()))
            staging.progress(done / n, f"series {done:,} of {n:,}")
    if not varied and n > 1:
        raise x.member.rejected("all samples are identical", "Give samples that differ; there is nothing to learn")
    staging.note(f"the array {x.shape} was read as series of {steps:,} steps and {channels:,} channels")
    tell_infinite(infinite, staging)
    tell_lengths(shortest, longest, staging)


def _labels(y: Header) -> list[str]:
    """One label a sample from integers, text, booleans, or one-hot rows."""
    if y.dtype.kind not in "buifUS" or math.prod(y.shape) > 1 << 28:
        raise y.member.rejected(f"labels cannot be {y.dtype.name}", "Save whole numbers or text")
    values: Any = np.concatenate(list(_pieces(y)))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif" and np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all():
        values = values.argmax(axis=1)
    if values.ndim != 1:
        raise y.member.rejected(f"labels of shape {y.shape} are not one a sample", "Give a vector, or one-hot rows")
    if values.dtype.kind == "f":
        if not (np.isfinite(values) & (values == np.trunc(values))).all():
            raise y.member.rejected("labels are not whole numbers", "Give whole numbers or text; leave a continuous target out")
        values = values.astype(np.int64)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return [str(value) for value in values.tolist()]
