"""Functions shared by the formats of series: limits of size, and notes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aeexplorer.data.readers.narrowing import Numbers
from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.units import narrowing_notes
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.staged import Staging

MAX_STEPS = 10_000
MAX_VALUES = 1 << 31


def check_size(member: Member, n: int, steps: int, channels: int) -> None:
    """Refuse series that are too short, too long or too many to train on."""
    if n == 0 or steps < 2:
        raise member.rejected(f"the longest series has {steps} steps", "Upload series of at least 2 steps")
    if steps > MAX_STEPS:
        reason = f"the longest series has {steps:,} steps, more than {MAX_STEPS:,}"
        raise member.rejected(reason, "Cut the series into pieces, or keep every tenth step")
    if channels > MAX_COLUMNS or n * steps * channels > MAX_VALUES:
        reason = f"{n:,} series of {steps:,} steps and {channels:,} channels have too many values to learn"
        raise member.rejected(reason, "Upload fewer or shorter series, or fewer channels")


def note_lengths(shortest: int, longest: int, staging: Staging) -> None:
    """Add a note if shorter series were padded."""
    if shortest < longest:
        staging.note(f"series have {shortest:,} to {longest:,} steps; steps after the end of a shorter series count as missing")


def note_numbers(columns: Sequence[Mapping[str, Any]], scanned: Sequence[Numbers], staging: Staging) -> None:
    """Add notes on what is taken off the channels, and on values that are infinite or too large."""
    note_narrowing([(str(column["name"]), column) for column in columns], staging)
    infinite = sum(numbers.n_missing for numbers in scanned)
    if infinite:
        staging.note(f"{infinite:,} infinite or too large values count as missing")


def note_narrowing(channels: Iterable[tuple[str, Mapping[str, Any]]], staging: Staging) -> None:
    """Add notes on what is taken off the channels, given by name and description."""
    for name, description in channels:
        for sentence in narrowing_notes(name, description, has_exact=False):
            staging.note(sentence)
