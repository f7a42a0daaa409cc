"""UCR and UEA series: `.ts` text files, a header of `@` lines, then a series a line (Bagnall et al. 2018, arXiv:1811.00075)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aeexplorer.data.formats._series import check_size, tell_infinite, tell_lengths, to_float32
from aeexplorer.data.formats.base import Format
from aeexplorer.data.tabular import column
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.options import Guess, IngestOptions
from aeexplorer.data.uploads.staged import Staging

_LONGEST_LINE = 64 << 20
_INSPECTED = 2_000
_BATCH = 1 << 21  # values
_PAIR = re.compile(r"\(([^()]*)\)")
_COLON = re.compile(r":(?![^()]*\))")  # but those in a time of day
_FIX = "Save it as a UCR or UEA .ts file, or as a CSV"
_MISSING = ("?", "nan", "")


@dataclass(frozen=True)
class _Header:
    classes: tuple[str, ...] | None
    """The class labels; None where the series have none."""
    target: bool
    """Whether a number to predict stands at the end of a series instead of a label."""
    stamps: bool
    """Whether values are pairs (time, value)."""


@dataclass(frozen=True)
class _Case:
    """One series as it is written: a text a channel, and what stands at the end."""

    member: Member
    line: int
    channels: tuple[str, ...]
    end: str
    stamps: bool

    def lengths(self) -> tuple[int, ...]:
        """Steps of each channel."""
        mark = "(" if self.stamps else ","
        return tuple(text.count(mark) + (not self.stamps) if text.strip() else 0 for text in self.channels)

    def values(self, channel: int) -> np.ndarray:
        """float64 ``(steps,)`` of one channel, NaN where missing."""
        text = self.channels[channel]
        parts = [pair.rpartition(",")[2] for pair in _PAIR.findall(text)] if self.stamps else text.split(",")
        try:
            return np.array(["nan" if part.strip().lower() in _MISSING else part for part in parts], np.float64)
        except ValueError as error:
            reason = f"a value is no number ({str(error)[-60:]})"
            raise self.member.rejected(
                reason, "Write numbers with a decimal point, ? where one is missing", f"line {self.line}"
            ) from None


class Ts(Format):
    """`.ts` files → float32 ``(n, steps, channels)``; several files of a set (TRAIN and TEST) are laid together."""

    name = "ts"
    reads = "UCR or UEA series (.ts)"

    def claims(self, member: Member) -> bool:
        return member.kind == "" and member.suffix == ".ts"

    def accompanies(self, member: Member) -> bool:
        return member.kind == "" and member.suffix in (".arff", ".md", ".txt", ".csv")

    def inspect(self, members: Sequence[Member]) -> Guess:
        labels: Counter[str] = Counter()
        count, complete, shape = 0, True, (0, 0)
        for case, header in _cases(self._claimed(members)):
            if count == _INSPECTED:
                complete = False
                break
            count += 1
            shape = (max(shape[0], *case.lengths()), len(case.channels))
            labels.update([case.end] if header.classes is not None else [])
        what = f"{shape[0]:,} steps, {shape[1]:,} {'channel' if shape[1] == 1 else 'channels'}"
        return Guess(kind=f"series ({what})", n=count if complete else None, labels=dict(labels.most_common(100)))

    def read(self, members: Sequence[Member], options: IngestOptions, staging: Staging) -> None:
        found = self._claimed(members)
        if len(found) < len(members):
            staging.note(f"{len(members) - len(found):,} files that are no .ts series were left out")
        n, shortest, longest, channels = _looked_at(found, staging)
        check_size(found[0], n, longest, channels)
        tell_lengths(shortest, longest, staging)
        _store(found, (n, longest, channels), options.label_column != "", staging)

    def _claimed(self, members: Sequence[Member]) -> list[Member]:
        return [member for member in members if self.claims(member)]


def _looked_at(members: Sequence[Member], staging: Staging) -> tuple[int, int, int, int]:
    """Number of series, steps of the shortest and of the longest, channels."""
    n, shortest, longest, channels = 0, 1 << 62, 0, 0
    for case, _ in _cases(members):
        n, channels = n + 1, channels or len(case.channels)
        if len(case.channels) != channels:
            reason = f"it has {len(case.channels)} channels where the first series has {channels}"
            raise case.member.rejected(reason, "Give every series the same channels, divided by colons", f"line {case.line}")
        steps = max(case.lengths())
        shortest, longest = min(shortest, steps), max(longest, steps)
        if n % 500 == 0:
            staging.progress(0.3, f"series {n:,} looked at")
    return n, shortest, longest, channels


def _store(members: Sequence[Member], shape: tuple[int, int, int], with_labels: bool, staging: Staging) -> None:
    n, steps, channels = shape
    each = max(1, _BATCH // (steps * channels))
    meta = {"columns": [column(f"channel {i}" if channels > 1 else "value") for i in range(1, channels + 1)]}
    block, infinite, place = np.full((each, steps, channels), np.nan, np.float32), 0, 0
    ends: list[str | None] = []
    sources: list[str] = []
    header = _Header(None, False, False)
    with staging.array("series", "series", shape, "float32", meta) as out:
        for case, header in _cases(members):  # noqa: B007  that of the last file says what stands at the ends
            for channel in range(channels):
                values, lost = to_float32(case.values(channel))
                block[place, : len(values), channel] = values
                infinite += lost
            ends.append(case.end if case.end.lower() not in _MISSING else None)
            sources.append(f"{case.member.name}, line {case.line}")
            place += 1
            if place == each:
                out.append(block)
                block, place = np.full_like(block, np.nan), 0
                staging.progress(0.3 + 0.7 * len(ends) / n, f"series {len(ends):,} of {n:,}")
        out.append(block[:place])
    tell_infinite(infinite, staging)
    columns = {"source": pa.array(sources, pa.string())}
    if header.target:
        columns["target"] = pa.array([None if end is None else _number(end) for end in ends], pa.float64())
    elif header.classes is not None and with_labels:
        columns["label"] = pa.array(ends, pa.string())
    staging.rows(pa.table(columns))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _cases(members: Sequence[Member]) -> Iterator[tuple[_Case, _Header]]:
    """Every series of every file, with its file's header."""
    for member in members:
        lines = _lines(member)
        header = _header(member, lines)
        ending = header.target or header.classes is not None
        for number, text in lines:
            if not text or text.startswith("#"):
                continue
            parts = _COLON.split(text)
            if ending and len(parts) < 2:
                raise member.rejected("the label after the last colon is missing", "Write values:label", f"line {number}")
            end = parts.pop().strip() if ending else ""
            if header.classes and end not in (*header.classes, *_MISSING):
                reason = f"the label {end[:40]!r} is none of those that @classLabel names"
                raise member.rejected(reason, "Name it in the header, or correct it", f"line {number}")
            yield _Case(member, number, tuple(parts), end, header.stamps), header


def _header(member: Member, lines: Iterator[tuple[int, str]]) -> _Header:
    """What the lines up to ``@data`` say."""
    said: dict[str, list[str]] = {}
    for number, text in lines:
        if not text or text.startswith(("#", "%")):
            continue
        if not text.startswith("@"):
            fix = "Write @data before the series"
            raise member.rejected("a header line begins with @, and this one does not", fix, f"line {number}")
        name, *rest = text[1:].split()
        if name.lower() == "data":
            break
        said[name.lower()] = rest
    else:
        raise member.rejected(
            "its header has no line @data, so it is no .ts series", "Save it as a UCR or UEA .ts file, or as a CSV"
        )
    given = said.get("classlabel") or said.get("targetlabel")
    if not given or given[0].lower() not in ("true", "false"):
        fix = "Write @classLabel false where there are no labels, else @classLabel true and the labels"
        raise member.rejected("its header has no line @classLabel that says true or false", fix)
    has = given[0].lower() == "true"
    target = has and "classlabel" not in said
    stamps = (said.get("timestamps") or ["false"])[0].lower() == "true"
    return _Header(tuple(given[1:]) if has and not target else None, target, stamps)


def _lines(member: Member) -> Iterator[tuple[int, str]]:
    with member.open() as source:
        number = 0
        while raw := source.readline(_LONGEST_LINE):
            number += 1
            if len(raw) == _LONGEST_LINE:
                raise member.rejected("it is longer than 64 MB", "Cut the series into pieces", f"line {number}")
            if b"\0" in raw:
                raise member.rejected("it holds NUL bytes, so it is no text", _FIX, f"line {number}")
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                raise member.rejected("it is not UTF-8 text", "Save it as UTF-8", f"line {number}") from None
