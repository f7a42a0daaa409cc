"""Places of the steps in `.ts` files whose values come with their times, so that a gap in a series stays a gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.formats._series_steps import Placement, place_by_time
from aeexplorer.data.readers.dates import to_times


@dataclass(frozen=True)
class TimedPlaces:
    """Places of all values of all series."""

    placement: Placement
    times: Sequence[np.ndarray]
    """Distinct times of each series, ascending."""
    starts: np.ndarray
    """Index of the first time of each series in the placement."""

    def of(self, series: int, times: np.ndarray) -> np.ndarray:
        """Return the steps of the values of one channel at these times: int64 ``(values,)``."""
        steps: np.ndarray = self.placement.positions[self.starts[series] + np.searchsorted(self.times[series], times)]
        return steps


def parse_times(texts: Sequence[str]) -> np.ndarray:
    """Return times as float64 ``(n,)``: numbers, days since 1970-01-01 or days since midnight; NaN where a text is no time."""
    try:
        return np.array(texts, np.float64)
    except ValueError:
        return to_times(pc.utf8_trim_whitespace(pa.array(texts, pa.string())))


def find_places(series: Sequence[Sequence[np.ndarray]]) -> TimedPlaces | None:
    """Return the places of values at these times, by series and channel.

    The result is None if a time is not known, a channel has a time twice, or a series has no times: the times tell no order then.
    """
    times = []
    for channels in series:
        together = np.unique(np.concatenate(channels))
        is_repeated = any(len(np.unique(channel)) < len(channel) for channel in channels)
        if not len(together) or is_repeated or not np.isfinite(together).all():
            return None
        times.append(together)
    lengths = np.array([len(t) for t in times])
    placement = place_by_time(np.repeat(np.arange(len(times)), lengths), np.concatenate(times))
    return TimedPlaces(placement, times, np.cumsum(lengths) - lengths)
