"""What the formats of series share: how long a series may be, how shorter ones are padded, what is said of it."""

import numpy as np

from aeexplorer.data.tabular import MAX_COLUMNS
from aeexplorer.data.uploads.members import Member
from aeexplorer.data.uploads.staged import Staging

MOST_STEPS = 10_000
MOST_VALUES = 1 << 31
_LARGEST = float(np.finfo(np.float32).max)


def check_size(member: Member, n: int, steps: int, channels: int) -> None:
    """Refuse series that nobody could train on."""
    if n == 0 or steps < 2:
        raise member.rejected(f"its longest series has {steps} steps", "Give series of at least 2 steps")
    if steps > MOST_STEPS:
        fix = "Cut the series into pieces, or keep every tenth step"
        raise member.rejected(f"its longest series has {steps:,} steps, more than {MOST_STEPS:,}", fix)
    if channels > MAX_COLUMNS or n * steps * channels > MOST_VALUES:
        what = f"{n:,} series of {steps:,} steps and {channels:,} channels"
        raise member.rejected(f"{what} are too many values to learn", "Give fewer or shorter series, or fewer channels")


def tell_lengths(shortest: int, longest: int, staging: Staging) -> None:
    """Say that shorter series were padded, where some were."""
    if shortest < longest:
        staging.note(f"series have {shortest:,} to {longest:,} steps; after its end a shorter one counts as missing")


def to_float32(values: np.ndarray) -> tuple[np.ndarray, int]:
    """Numbers as float32, those that it cannot hold as NaN, and how many these are."""
    too_large = np.abs(values) > _LARGEST
    return np.where(too_large, np.nan, values).astype(np.float32), int(too_large.sum())


def tell_infinite(count: int, staging: Staging) -> None:
    """Say that values were infinite, where some were."""
    if count:
        staging.note(f"infinite or too large values count as missing, {count:,} of them")
