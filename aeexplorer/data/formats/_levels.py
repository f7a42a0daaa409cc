"""Range of the values of picture files: which of them become black and white.

Pictures of 12 bits in files of 16 bits, and masks that number their classes, use a small part of the values that their format
has, and would come out nearly black. They are scaled by the range of all pictures of the set.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from aeexplorer.data.readers.image import ImageReader, open_image
from aeexplorer.data.uploads.members import Member

PictureRange = Literal["auto", "format", "set"]
Levels = Mapping[int, tuple[int, int]]
"""Values that become black and white, by the largest value of the format (255 or 65,535)."""

_NARROW = {255: 0.25, 65535: 0.5}  # share of the format's range below which pictures are scaled by their own
_MAX_HEADERS = 400
_FEW_LEVELS = 64


def find_levels(pictures: Sequence[Member], choice: PictureRange) -> dict[int, tuple[int, int]]:
    """Return the values that become black and white, for the formats that are not used in full.

    Pictures are decoded until it is clear that those of each format use much of its range, or else all of them.

    Parameters
    ----------
    pictures
        The picture files.
    choice
        ``format`` scales none, ``set`` all, and ``auto`` those that would come out nearly black or flat.

    Raises
    ------
    UploadRejected
        If a picture cannot be read.
    """
    if choice == "format":
        return {}
    step = max(1, len(pictures) // _MAX_HEADERS)
    undecided = {_largest(member) for member in pictures[::step]}
    ranges: dict[int, tuple[int, int]] = {}
    for member in pictures:
        if not undecided:
            break
        if len(undecided) == 1 or _largest(member) in undecided:
            largest, low, high = ImageReader.read_range(member)
            if largest in undecided:
                before = ranges.get(largest, (low, high))
                ranges[largest] = min(before[0], low), max(before[1], high)
                if choice == "auto" and ranges[largest][1] - ranges[largest][0] >= _NARROW[largest] * largest:
                    undecided.discard(largest)
    return {largest: ranges[largest] for largest in sorted(undecided) if largest in ranges and np.ptp(ranges[largest])}


def levels_notes(levels: Levels) -> list[str]:
    """Say which pictures are scaled by their own range, for users."""
    notes = []
    for largest, (low, high) in levels.items():
        values = f"pictures of {'16' if largest > 255 else '8'} bits hold values from {low:,} to {high:,} of 0 to {largest:,}"
        few = f"; they have at most {high - low + 1} levels" if high - low < _FEW_LEVELS else ""
        notes.append(
            f"{values} and are scaled by this range, so that they are not nearly black{few}; picture_range=format keeps them"
        )
    return notes


def _largest(member: Member) -> int:
    """Return the largest value that the format of a picture has, from its header."""
    return 65535 if open_image(member).mode.startswith("I") else 255
