"""Functions shared by the formats of series: limits of size, conversion to float32, and notes."""

import numpy as np

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.staged import Staging

MAX_STEPS = 10_000
MAX_VALUES = 1 << 31
_MAX_FLOAT32 = float(np.finfo(np.float32).max)


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


def to_float32(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Convert numbers to float32; numbers beyond float32 become NaN, and their count is returned."""
    is_too_large = np.abs(values) > _MAX_FLOAT32
    return np.where(is_too_large, np.nan, values).astype(np.float32), int(is_too_large.sum())


def note_infinite(count: int, staging: Staging) -> None:
    """Add a note if values were infinite or too large."""
    if count:
        staging.note(f"{count:,} infinite or too large values count as missing")
