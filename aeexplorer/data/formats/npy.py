"""NumPy arrays: `.npy` files and `.npz` archives with samples and labels, read in pieces and never unpickled."""

import math
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._array_file import ArrayHeader, pieces, read_header
from aeexplorer.data.formats._array_layout import layouts, looks_like_one_picture, to_channels_first
from aeexplorer.data.formats._series import check_size, note_infinite, note_lengths, to_float32
from aeexplorer.data.formats.base import Format
from aeexplorer.data.tabular import MAX_COLUMNS, column
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, LayoutGuess
from aeexplorer.data.uploads.staged import Staging

X_NAMES = ("x", "data", "images", "image", "features", "arr_0")
Y_NAMES = ("y", "label", "labels", "target", "targets", "class", "classes", "arr_1")
_MIN_BYTE_MAXIMUM = 128  # whole numbers within 0 … 255 that reach this are bytes; values of 0 … 16 would look black
_MAX_FLOAT32 = float(np.finfo(np.float32).max)
_MAX_LABEL_VALUES = 1 << 28


class Arrays(Format):
    """Arrays → pictures (bytes as uint8, other numbers scaled to float32 within [0, 1]), tables or series."""

    name = "arrays"
    reads = "a .npy or .npz array (x, and y for labels)"

    def claims(self, member: Member) -> bool:
        return member.kind == "npy" or (member.kind == "" and member.suffix in (".npy", ".npz"))

    def inspect(self, members: Sequence[Member]) -> Guess:
        x, y = _find_x_and_y(members)
        guesses = layouts(x.shape) or [_refuse_shape(x)]
        labels: dict[str, int] = {}
        if y is not None:
            names, counts = np.unique(np.array(_read_labels(y)), return_counts=True)
            order = np.argsort(-counts, kind="stable")[:100]
            labels = {str(names[i]): int(counts[i]) for i in order}
        return Guess(
            kind="an array",
            choices=("layout",),
            n=x.shape[0],
            layouts=tuple(guesses),
            labels=labels,
            options=IngestOptions(layout=guesses[0].layout),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        x, y = _find_x_and_y(members)
        guess = _choose_layout(x, options)
        columns: dict[str, pa.Array] = {}
        if y is not None and options.label_column != "":
            columns["label"] = pa.array(_read_labels(y), pa.string())
        if guess.layout == "series":
            _store_series(x, guess, staging)
        elif guess.layout == "table":
            _scan_range(x, staging)
            _store_table(x, staging)
        else:
            _store_pictures(x, guess, *_scan_range(x, staging), staging)
        columns["source"] = pa.array([f"{x.member.name}, row {i}" for i in range(x.shape[0])], pa.string())
        staging.rows(pa.table(columns))


def _find_x_and_y(members: Sequence[Member]) -> tuple[ArrayHeader, ArrayHeader | None]:
    """Return the headers of the samples and, if there are any, of the labels."""
    by_stem = {PurePosixPath(m.name).stem.lower(): m for m in members}
    if len(members) == 1:
        return _check_samples(read_header(members[0])), None
    x = next((by_stem[name] for name in X_NAMES if name in by_stem), None)
    y = next((by_stem[name] for name in Y_NAMES if name in by_stem), None)
    if x is None or (y is None and len(members) > 1):
        names = ", ".join(sorted(by_stem))
        raise members[0].rejected(f"it is unclear which array holds the samples among {names}", "Name the arrays x and y")
    samples, labels = _check_samples(read_header(x)), read_header(y) if y is not None else None
    if labels is not None and (not labels.shape or labels.shape[0] != samples.shape[0]):
        n_labels = labels.shape[0] if labels.shape else 0
        reason = f"there are {n_labels:,} labels for {samples.shape[0]:,} samples"
        raise labels.member.rejected(reason, "Give one label per sample")
    return samples, labels


def _check_samples(x: ArrayHeader) -> ArrayHeader:
    if x.dtype.kind == "c":
        raise x.member.rejected("the array holds complex numbers", "Save the real part, or the absolute value")
    if x.dtype.kind not in "buif":
        raise x.member.rejected(f"the array holds {x.dtype.name}, not numbers", "Save an array of numbers")
    if len(x.shape) < 2 or 0 in x.shape:
        reason = f"an array of shape {x.shape} has no samples with features"
        raise x.member.rejected(reason, "Save an array of shape (samples, …) with at least two axes")
    return x


def _refuse_shape(x: ArrayHeader) -> LayoutGuess:
    if looks_like_one_picture(x.shape):
        reason = f"an array of shape {x.shape} looks like a single picture"
        fix = "Stack several pictures: (samples, height, width, channels); for series, choose the layout series"
        raise x.member.rejected(reason, fix)
    raise x.member.rejected(
        f"an array of shape {x.shape} can be read neither as pictures nor as a table",
        "Save pictures as (n, height, width, channels), (n, channels, height, width) or (n, height, width), a table as "
        "(n, features), or series as (n, steps, channels)",
    )


def _choose_layout(x: ArrayHeader, options: IngestOptions) -> LayoutGuess:
    guesses = layouts(x.shape) or [_refuse_shape(x)]
    if options.layout == "auto":
        return _refuse_shape(x) if guesses[0].layout == "series" and looks_like_one_picture(x.shape) else guesses[0]
    chosen = next((guess for guess in guesses if guess.layout == options.layout), None)
    if chosen is None:
        names = ", ".join(guess.layout for guess in guesses)
        reason = f"an array of shape {x.shape} cannot be read as {options.layout}"
        raise x.member.rejected(reason, f"Choose one of {names}")
    return chosen


def _scan_range(x: ArrayHeader, staging: Staging) -> tuple[float, float, bool]:
    """Return the lowest and highest value, and whether all values are whole numbers.

    Raises
    ------
    UploadRejected
        If values are NaN, infinite or beyond float32, or all samples are identical.
    """
    low, high, is_whole, first, is_varied, done = math.inf, -math.inf, True, None, False, 0
    for piece in pieces(x):
        if piece.dtype.kind == "f":
            is_bad = ~np.isfinite(piece)
            if is_bad.any():
                row = done + int(is_bad.reshape(len(piece), -1).any(axis=1).argmax())
                fix = "Replace these values, or upload a CSV or Parquet table, which may have missing values"
                raise x.member.rejected("the row holds NaN or infinity", fix, f"row {row}")
            is_whole = is_whole and bool((piece == np.trunc(piece)).all())
        low, high = min(low, float(piece.min())), max(high, float(piece.max()))
        first = piece[0] if first is None else first
        is_varied = is_varied or bool((piece != first).any())
        done += len(piece)
        staging.progress(0.5 * done / x.shape[0], f"row {done:,} of {x.shape[0]:,} inspected")
    _check_varied(x, is_varied)
    if max(-low, high) > _MAX_FLOAT32:
        reason = f"the array holds numbers up to {max(-low, high):.2g}, too large for 32-bit floats"
        raise x.member.rejected(reason, "Scale the numbers down")
    return low, high, is_whole


def _check_varied(x: ArrayHeader, is_varied: bool) -> None:
    if not is_varied and x.shape[0] > 1:
        raise x.member.rejected("all samples are identical, so there is nothing to learn", "Upload samples that differ")


def _store_pictures(x: ArrayHeader, guess: LayoutGuess, low: float, high: float, is_whole: bool, staging: Staging) -> None:
    n, done, kind = x.shape[0], 0, x.dtype.kind
    is_byte = kind == "b" or (is_whole and low >= 0 and _MIN_BYTE_MAXIMUM <= high <= 255)
    if kind == "f" and high <= 1 and low >= -1:
        low, high = (0.0 if low >= 0 else -1.0), 1.0
    meta = {} if is_byte else {"low": low, "high": high}
    with staging.array("image", "image", (n, *guess.shape), "uint8" if is_byte else "float32", meta) as out:
        for piece in pieces(x):
            pictures = to_channels_first(piece, guess)
            if kind == "b":
                out.append(pictures.astype(np.uint8) * np.uint8(255))
            elif is_byte:
                out.append(pictures.astype(np.uint8))
            else:
                scaled = (pictures.astype(np.float64) - low) / (high - low)
                out.append(scaled.clip(0, 1).astype(np.float32))
            done += len(piece)
            staging.progress(0.5 + 0.5 * done / n, f"row {done:,} of {n:,} stored")
    shape = " × ".join(map(str, guess.shape))
    staging.note(f"the array {x.shape} was read as {guess.layout}: pictures of {shape} (channels × height × width)")
    if not is_byte and (low, high) != (0.0, 1.0):
        staging.note(f"values from {low:g} to {high:g} were scaled to the range from 0 to 1")


def _store_table(x: ArrayHeader, staging: Staging) -> None:
    n, width = x.shape
    if width > MAX_COLUMNS:
        reason = f"the array has {width:,} columns, more than {MAX_COLUMNS:,}"
        raise x.member.rejected(reason, "Save fewer columns")
    with staging.array("table", "tabular", (n, width), "float32", {"columns": [column(f"x{i}") for i in range(width)]}) as out:
        for piece in pieces(x):
            out.append(piece.astype(np.float32))


def _store_series(x: ArrayHeader, guess: LayoutGuess, staging: Staging) -> None:
    n, (steps, channels) = x.shape[0], guess.shape
    check_size(x.member, n, steps, channels)
    names = [f"channel {i}" for i in range(1, channels + 1)] if channels > 1 else ["value"]
    infinite, done, shortest, longest, is_varied = 0, 0, steps, 0, False
    first: np.ndarray | None = None
    with staging.array("series", "series", (n, steps, channels), "float32", {"columns": [column(name) for name in names]}) as out:
        for piece in pieces(x):
            values, n_infinite = to_float32(piece.reshape(len(piece), steps, channels))
            out.append(values)
            first = values[0] if first is None else first
            is_varied = is_varied or not all(np.array_equal(first, series, equal_nan=True) for series in values)
            is_known = ~np.isnan(values).all(2)  # (b, steps)
            lengths = np.where(is_known, np.arange(1, steps + 1), 0).max(1)  # (b,)
            infinite, done = infinite + n_infinite, done + len(piece)
            shortest, longest = min(shortest, int(lengths.min())), max(longest, int(lengths.max()))
            staging.progress(done / n, f"series {done:,} of {n:,}")
    _check_varied(x, is_varied)
    staging.note(f"the array {x.shape} was read as series of {steps:,} steps and {channels:,} channels")
    note_infinite(infinite, staging)
    note_lengths(shortest, longest, staging)


def _read_labels(y: ArrayHeader) -> list[str]:
    """Return one label per sample, from integers, text, booleans, or one-hot rows."""
    if y.dtype.kind not in "buifUS" or math.prod(y.shape) > _MAX_LABEL_VALUES:
        raise y.member.rejected(f"labels cannot be {y.dtype.name} of shape {y.shape}", "Save whole numbers or text")
    values: Any = np.concatenate(list(pieces(y)))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "buif" and np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all():
        values = values.argmax(axis=1)
    if values.ndim != 1:
        raise y.member.rejected(f"labels of shape {y.shape} are not one per sample", "Save a vector, or one-hot rows")
    if values.dtype.kind == "f":
        if not (np.isfinite(values) & (values == np.trunc(values))).all():
            fix = "Save whole numbers or text, or leave out a continuous target"
            raise y.member.rejected("the labels are not whole numbers", fix)
        values = values.astype(np.int64)
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return [str(value) for value in values.tolist()]
