"""NumPy arrays: `.npy` files and `.npz` archives with samples and labels, read in pieces and never unpickled."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._array_beside import store_beside
from aeexplorer.data.formats._array_file import ArrayHeader, pieces
from aeexplorer.data.formats._array_files import find_arrays
from aeexplorer.data.formats._array_layout import looks_like_one_picture, to_channels_first
from aeexplorer.data.formats._array_meaning import likely_layouts
from aeexplorer.data.formats._array_table import narrowed, scan_array, store_table
from aeexplorer.data.formats._series import check_size, note_lengths, note_numbers
from aeexplorer.data.formats.base import Format
from aeexplorer.data.tabular import column
from aeexplorer.data.uploads.given_split import FILE_COLUMN, split_column, split_note
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions, LayoutGuess
from aeexplorer.data.uploads.staged import Staging

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
        x, y, split = find_arrays(members)
        guesses, note = likely_layouts(x)
        guesses = guesses or [_refuse_shape(x)]
        labels: dict[str, int] = {}
        if y is not None:
            names, counts = np.unique(np.array(_read_labels(y)), return_counts=True)
            order = np.argsort(-counts, kind="stable")[:100]
            labels = {str(names[i]): int(counts[i]) for i in order}
        return Guess(
            kind="an array",
            choices=("layout", *(("keep_split",) if split is not None else ())),
            n=x.shape[0],
            layouts=tuple(guesses),
            labels=labels,
            notes=(*([note] if note else ()), *([split_note(FILE_COLUMN, split)] if split is not None else ())),
            options=IngestOptions(layout=guesses[0].layout),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        x, y, split = find_arrays(members)
        guess, note = _choose_layout(x, options)
        if note:
            staging.note(note)
        columns: dict[str, pa.Array] = {}
        if y is not None and options.label_column != "":
            columns["label"] = pa.array(_read_labels(y), pa.string())
        if guess.layout == "series":
            _store_series(x, guess, staging)
        elif guess.layout == "table":
            _scan_range(x, staging)
            columns |= store_table(x, options.table.numeric_columns, staging)
        else:
            _store_pictures(x, guess, *_check_size(x, *_scan_range(x, staging)), staging)
        if split is not None:
            columns[FILE_COLUMN] = split_column(split)
        used = {id(part.member) for header in (x, y) if header is not None for part in header.parts or (header,)}
        others = [member for member in members if id(member) not in used]
        columns |= store_beside(others, x.shape[0], {*columns, "label", "source"}, staging)
        parts = [(part.member.name, part.shape[0]) for part in x.parts or (x,)]
        columns["source"] = pa.array([f"{name}, row {i}" for name, count in parts for i in range(count)], pa.string())
        staging.rows(pa.table(columns))


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


def _choose_layout(x: ArrayHeader, options: IngestOptions) -> tuple[LayoutGuess, str]:
    """Return the chosen or likeliest layout, and a note if others are likely too."""
    guesses, note = likely_layouts(x)
    guesses = guesses or [_refuse_shape(x)]
    if options.layout == "auto":
        return (_refuse_shape(x) if guesses[0].layout == "series" and looks_like_one_picture(x.shape) else guesses[0]), note
    chosen = next((guess for guess in guesses if guess.layout == options.layout), None)
    if chosen is None:
        names = ", ".join(guess.layout for guess in guesses)
        reason = f"an array of shape {x.shape} cannot be read as {options.layout}"
        raise x.member.rejected(reason, f"Choose one of {names}")
    return chosen, ""


def _scan_range(x: ArrayHeader, staging: Staging) -> tuple[float, float, bool]:
    """Return the lowest and highest value, and whether all values are whole numbers.

    Raises
    ------
    UploadRejected
        If values are NaN or infinite, or all samples are identical.
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
    return low, high, is_whole


def _check_size(x: ArrayHeader, low: float, high: float, is_whole: bool) -> tuple[float, float, bool]:
    """Refuse values of pictures that are beyond float32, and return the arguments."""
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


def _store_series(x: ArrayHeader, guess: LayoutGuess, staging: Staging) -> None:
    n, (steps, channels) = x.shape[0], guess.shape
    check_size(x.member, n, steps, channels)
    names = [f"channel {i}" for i in range(1, channels + 1)] if channels > 1 else ["value"]
    done, shortest, longest, is_varied = 0, steps, 0, False
    first: np.ndarray | None = None
    scanned = scan_array(x, channels)
    columns = [column(name) | numbers.narrowing.describe() for name, numbers in zip(names, scanned, strict=True)]
    with staging.array("series", "series", (n, steps, channels), "float32", {"columns": columns}) as out:
        for piece in pieces(x):
            series = piece.reshape(len(piece), steps, channels)
            values = narrowed(series, columns, scanned)
            out.append(values)
            first = series[0] if first is None else first
            is_varied = is_varied or not all(np.array_equal(first, other, equal_nan=series.dtype.kind == "f") for other in series)
            is_known = ~np.isnan(values).all(2)  # (b, steps)
            lengths = np.where(is_known, np.arange(1, steps + 1), 0).max(1)  # (b,)
            done += len(piece)
            shortest, longest = min(shortest, int(lengths.min())), max(longest, int(lengths.max()))
            staging.progress(done / n, f"series {done:,} of {n:,}")
    _check_varied(x, is_varied)
    staging.note(f"the array {x.shape} was read as series of {steps:,} steps and {channels:,} channels")
    note_numbers(columns, scanned, staging)
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
