"""Series of the UCR and UEA archives: `.ts` text files with a header of `@` lines and one series per line.

The format is described by Bagnall et al. (2018, arXiv:1811.00075).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import filterfalse
from pathlib import PurePosixPath

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import check_size, note_lengths, note_numbers
from aeexplorer.data.formats._ts_places import TimedPlaces, find_places, parse_times
from aeexplorer.data.formats.base import Format
from aeexplorer.data.readers.narrowing import scan_numbers
from aeexplorer.data.tabular import column
from aeexplorer.data.units import to_stored
from aeexplorer.data.uploads.given_split import FILE_COLUMN, split_by_folders, split_column, splits_of_names
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging

_MAX_LINE_BYTES = 64 << 20
_INSPECTED_SERIES = 2_000
_BATCH_VALUES = 1 << 21
_TIME_VALUE_PAIR = re.compile(r"\(([^()]*)\)")
_COLON = re.compile(r":(?![^()]*\))")  # outside parentheses, which may hold a time of day
_SAVE_AS_TS = "Save it as a UCR or UEA .ts file, or as a CSV"
_MISSING_VALUES = ("?", "nan", "")


@dataclass(frozen=True)
class _Header:
    """Header of a `.ts` file."""

    classes: tuple[str, ...] | None
    """Class labels; None if the series have no labels."""
    has_target: bool
    """Whether each series ends with a number to predict instead of a label."""
    has_timestamps: bool
    """Whether values are pairs (time, value)."""


@dataclass(frozen=True)
class _Series:
    """One series of a `.ts` file, not yet converted to numbers."""

    member: Member
    line: int
    channels: tuple[str, ...]
    """Text of each channel."""
    target: str
    """Label or number at the end of the line; empty if the file has none."""
    has_timestamps: bool

    def lengths(self) -> tuple[int, ...]:
        """Return the number of steps of each channel."""
        separator = "(" if self.has_timestamps else ","
        return tuple(text.count(separator) + (not self.has_timestamps) if text.strip() else 0 for text in self.channels)

    def times(self, channel: int) -> np.ndarray:
        """Return the times of the values of a channel as float64 ``(steps,)``, NaN where a time is not known."""
        return parse_times([pair.partition(",")[0] for pair in _TIME_VALUE_PAIR.findall(self.channels[channel])])

    def values(self, channel: int) -> np.ndarray:
        """Return the values of a channel as float64 ``(steps,)``, NaN where missing."""
        text = self.channels[channel]
        if self.has_timestamps:
            parts = [pair.rpartition(",")[2] for pair in _TIME_VALUE_PAIR.findall(text)]
        else:
            parts = text.split(",")
        texts = ["nan" if part.strip().lower() in _MISSING_VALUES else part for part in parts]
        try:
            return np.array(texts, np.float64)
        except ValueError:
            reason = f"a value is not a number: {next(filterfalse(_is_number, texts), '').strip()[:40]!r}"
            fix = "Write numbers with a decimal point, and ? for a missing value"
            raise self.member.rejected(reason, fix, f"line {self.line}") from None


class Ts(Format):
    """`.ts` files → float32 ``(n, steps, channels)``; several files of a set (TRAIN and TEST) are concatenated."""

    name = "ts"
    reads = "UCR or UEA series (.ts)"

    def claims(self, member: Member) -> bool:
        return member.kind == "" and member.suffix == ".ts"

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix in (".arff", ".md", ".txt", ".csv")

    def inspect(self, members: Sequence[Member]) -> Guess:
        labels: Counter[str] = Counter()
        count, is_complete, steps, channels = 0, True, 0, 0
        for series, header in _read_series(self._claimed(members)):
            if count == _INSPECTED_SERIES:
                is_complete = False
                break
            count += 1
            steps, channels = max(steps, *series.lengths()), len(series.channels)
            labels.update([series.target] if header.classes is not None else [])
        size = f"{steps:,} steps, {channels:,} {'channel' if channels == 1 else 'channels'}"
        is_split = _split_of_files(self._claimed(members)) is not None
        note = "the names of the files give the split, which is kept; keep_split=false draws another one"
        return Guess(
            kind=f"series ({size})",
            choices=("keep_split",) if is_split else (),
            n=count if is_complete else None,
            labels=dict(labels.most_common(100)),
            notes=(note,) if is_split else (),
        )

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        files = self._claimed(members)
        if len(files) < len(members):
            staging.note(f"{len(members) - len(files):,} files that are not .ts series were left out")
        n, shortest, longest, channels, n_uneven, first_uneven = _measure(files, staging)
        check_size(files[0], n, longest, channels)
        places = _places(files)
        if places is not None:
            shortest, longest = places.placement.shortest, places.placement.steps
            check_size(files[0], n, longest, channels)
            staging.note(f"the values were {places.placement.explanation} their times")
            if places.placement.n_gaps:
                staging.note(f"{places.placement.n_gaps:,} steps that a series lacks, although its times go on, count as missing")
        note_lengths(shortest, longest, staging)
        if n_uneven:
            missing = "the steps after the end of a shorter channel count as missing"
            staging.note(f"{n_uneven:,} series have channels of different lengths (first: {first_uneven}); {missing}")
        _store(files, (n, longest, channels), places, options.label_column != "", staging)

    def _claimed(self, members: Sequence[Member]) -> list[Member]:
        return [member for member in members if self.claims(member)]


def _measure(files: Sequence[Member], staging: Staging) -> tuple[int, int, int, int, int, str]:
    """Return the number of series, the steps of the shortest and of the longest, and the number of channels.

    Also return how many series have channels of different lengths, and the place of the first of them.
    """
    n, shortest, longest, channels, n_uneven, first_uneven = 0, 1 << 62, 0, 0, 0, ""
    for series, _ in _read_series(files):
        n, channels = n + 1, channels or len(series.channels)
        if len(series.channels) != channels:
            reason = f"the series has {len(series.channels)} channels, but the first series has {channels}"
            fix = "Give every series the same channels, separated by colons"
            raise series.member.rejected(reason, fix, f"line {series.line}")
        lengths = series.lengths()
        shortest, longest = min(shortest, max(lengths)), max(longest, *lengths)
        if min(lengths) < max(lengths):
            n_uneven, first_uneven = n_uneven + 1, first_uneven or f"{series.member.name}, line {series.line}"
        if n % 500 == 0:
            staging.progress(0.3, f"series {n:,} inspected")
    return n, shortest, longest, channels, n_uneven, first_uneven


def _places(files: Sequence[Member]) -> TimedPlaces | None:
    """Return the places of the values by their times; None if the files give no times, or times that tell no order."""
    times = []
    for series, _ in _read_series(files):
        if not series.has_timestamps:
            return None
        times.append([series.times(channel) for channel in range(len(series.channels))])
    return find_places(times)


def _store(
    files: Sequence[Member], shape: tuple[int, int, int], places: TimedPlaces | None, with_labels: bool, staging: Staging
) -> None:
    """Store all series in the field ``series``."""
    n, steps, channels = shape
    batch_size = max(1, _BATCH_VALUES // (steps * channels))
    names = [f"channel {i}" for i in range(1, channels + 1)] if channels > 1 else ["value"]
    scanned = scan_numbers(_values_of_channels(files, batch_size * steps), channels)
    columns = [column(name) | numbers.narrowing.describe() for name, numbers in zip(names, scanned, strict=True)]
    note_numbers(columns, scanned, staging)
    batch, filled = np.full((batch_size, steps, channels), np.nan, np.float32), 0
    targets: list[str | None] = []
    sources: list[str] = []
    header = _Header(None, False, False)
    with staging.array("series", "series", shape, "float32", {"columns": columns}) as out:
        for series, header in _read_series(files):  # noqa: B007  the header of the last file is used below
            for channel in range(channels):
                values = scanned[channel].known(series.values(channel))
                steps_of = slice(len(values)) if places is None else places.of(len(targets), series.times(channel))
                batch[filled, steps_of, channel] = to_stored(columns[channel], values)
            targets.append(series.target if series.target.lower() not in _MISSING_VALUES else None)
            sources.append(f"{series.member.name}, line {series.line}")
            filled += 1
            if filled == batch_size:
                out.append(batch)
                batch, filled = np.full_like(batch, np.nan), 0
                staging.progress(0.3 + 0.7 * len(targets) / n, f"series {len(targets):,} of {n:,}")
        out.append(batch[:filled])
    rows = {"source": pa.array(sources, pa.string())}
    if (split := _split_of_files(files)) is not None:
        numbers_of = {member.name: i for i, member in enumerate(files)}
        rows[FILE_COLUMN] = split_column(split[[numbers_of[source.rpartition(", line ")[0]] for source in sources]])
    if header.has_target:
        rows["target"] = pa.array([None if target is None else _parse_number(target) for target in targets], pa.float64())
    elif header.classes is not None and with_labels:
        rows["label"] = pa.array(targets, pa.string())
    staging.rows(pa.table(rows))


def _values_of_channels(files: Sequence[Member], count: int) -> Iterator[np.ndarray]:
    """Yield the values of all series, about `count` steps at a time: float64 ``(steps, channels)``, NaN where missing."""
    parts: list[np.ndarray] = []
    for series, _ in _read_series(files):
        values = np.full((max(series.lengths()), len(series.channels)), np.nan)
        for channel in range(len(series.channels)):
            numbers = series.values(channel)
            values[: len(numbers), channel] = numbers
        parts.append(values)
        if sum(map(len, parts)) >= count:
            yield np.concatenate(parts)
            parts = []
    if parts:
        yield np.concatenate(parts)


def _split_of_files(files: Sequence[Member]) -> np.ndarray | None:
    """Return the split of each file, int8 ``(files,)``, for a pair such as ``X_TRAIN.ts`` and ``X_TEST.ts``; else None."""
    split = splits_of_names([PurePosixPath(member.name.replace("\\", "/")).stem for member in files])
    return split if split is not None else split_by_folders(files)[0]


def _is_number(text: str) -> bool:
    return _parse_number(text) is not None


def _parse_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_series(files: Sequence[Member]) -> Iterator[tuple[_Series, _Header]]:
    """Yield each series of each file, with the header of its file."""
    for member in files:
        lines = _read_lines(member)
        header = _read_header(member, lines)
        has_target = header.has_target or header.classes is not None
        for number, text in lines:
            if not text or text.startswith("#"):
                continue
            parts = _COLON.split(text)
            if has_target and len(parts) < 2:
                raise member.rejected("the label after the last colon is missing", "Write values:label", f"line {number}")
            target = parts.pop().strip() if has_target else ""
            if header.classes and target not in (*header.classes, *_MISSING_VALUES):
                reason = f"the label {target[:40]!r} is none of the labels in @classLabel"
                raise member.rejected(reason, "Add it to the header, or correct it", f"line {number}")
            yield _Series(member, number, tuple(parts), target, header.has_timestamps), header


def _read_header(member: Member, lines: Iterator[tuple[int, str]]) -> _Header:
    """Read the header: the lines up to ``@data``."""
    settings: dict[str, list[str]] = {}
    for number, text in lines:
        if not text or text.startswith(("#", "%")):
            continue
        if not text.startswith("@"):
            reason = "a header line begins with @, and this one does not"
            raise member.rejected(reason, "Write @data before the series", f"line {number}")
        name, *values = text[1:].split() or [""]
        if not name:
            raise member.rejected("a header line has nothing after its @", "Remove the line, or name a setting", f"line {number}")
        if name.lower() == "data":
            break
        settings[name.lower()] = values
    else:
        raise member.rejected("the file is not a .ts file: its header has no line @data", _SAVE_AS_TS)
    labels = settings.get("classlabel") or settings.get("targetlabel")
    if not labels or labels[0].lower() not in ("true", "false"):
        reason = "the header has no line @classLabel that says true or false"
        raise member.rejected(reason, "Write @classLabel false without labels, or @classLabel true followed by the labels")
    has_labels = labels[0].lower() == "true"
    has_target = has_labels and "classlabel" not in settings
    has_timestamps = (settings.get("timestamps") or ["false"])[0].lower() == "true"
    return _Header(tuple(labels[1:]) if has_labels and not has_target else None, has_target, has_timestamps)


def _read_lines(member: Member) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line."""
    with member.open() as source:
        number = 0
        while raw := source.readline(_MAX_LINE_BYTES):
            number += 1
            if len(raw) == _MAX_LINE_BYTES:
                raise member.rejected("the line is longer than 64 MB", "Cut the series into pieces", f"line {number}")
            if b"\0" in raw:
                raise member.rejected("the file is not text: it contains NUL bytes", _SAVE_AS_TS, f"line {number}")
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                raise member.rejected("the line is not UTF-8 text", "Save the file as UTF-8", f"line {number}") from None
