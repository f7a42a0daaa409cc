"""Places of the steps of series by their times, so that a gap in a series stays a gap."""

from dataclasses import dataclass

import numpy as np

_MAX_OFF_GRID = 0.3  # of a step, by which the distance of two times may miss a whole number of steps
_MAX_EXTENT = 2.0  # of the steps after placing, relative to the longest series without gaps


@dataclass(frozen=True)
class Placement:
    """Place of each row within its series."""

    positions: np.ndarray
    """Index of the step of each row, int64 ``(rows,)``."""
    steps: int
    """Number of steps of all series."""
    explanation: str
    """How the places were found, in a clause for users."""
    shortest: int
    """Step after the last one of the series that ends first."""
    n_gaps: int = 0
    """Number of steps that series lack before their last one."""


def place_in_order(codes: np.ndarray) -> Placement:
    """Place rows in their order, without gaps.

    Parameters
    ----------
    codes
        Index of the series of each row, ascending: int ``(rows,)``.
    """
    counts = np.bincount(codes)
    starts = np.cumsum(counts) - counts
    return Placement(np.arange(len(codes)) - starts[codes], int(counts.max()), "in the order of the rows", int(counts.min()))


def place_by_time(codes: np.ndarray, times: np.ndarray) -> Placement:
    """Place rows by their times.

    Evenly sampled times become steps of a grid; distances between neighbouring times are rounded to whole steps one by one, so
    that months and jittered times count as even. Times that are uneven but common to the series are steps themselves. Other times
    only give the order. If half of the series begin at the same time, steps count from there, else each series begins at step 0.

    Parameters
    ----------
    codes
        Index of the series of each row, ascending: int ``(rows,)``.
    times
        Time of each row, ascending and distinct within each series: float64 ``(rows,)``.
    """
    in_order = place_in_order(codes)
    starts = np.flatnonzero(np.diff(codes, prepend=-1))  # first row of each series
    first_times, counts = np.unique(times[starts], return_counts=True)
    origins = (float(first_times[counts.argmax()]), None) if 2 * counts.max() >= len(starts) else (None,)
    longest = _MAX_EXTENT * in_order.steps
    for origin in origins:
        positions = _grid_positions(codes, times, starts, origin)
        if positions is not None and positions.max() < longest and _has_few_empty_steps(positions):
            return _placed(positions.astype(np.int64), codes, "placed by")
    distinct, ranks = np.unique(times, return_inverse=True)
    if len(distinct) < min(longest, len(times)) and len(starts) > 1:
        return _placed(ranks.reshape(-1), codes, "placed by the common times of")
    return Placement(in_order.positions, in_order.steps, "in the order (the times are uneven) of", in_order.shortest)


def _grid_positions(codes: np.ndarray, times: np.ndarray, starts: np.ndarray, origin: float | None) -> np.ndarray | None:
    """Return the place of each row on an even grid, float64 ``(rows,)``; None if the times are not even.

    Without an origin, each series begins at step 0.
    """
    is_inner = np.diff(codes) == 0
    gaps = np.diff(times)[is_inner]
    if not len(gaps):
        return None
    for step in (float(np.median(gaps)), float(gaps.min())):
        with np.errstate(over="ignore", invalid="ignore"):
            moves, first = gaps / step, np.zeros(len(starts)) if origin is None else (times[starts] - origin) / step
        if not (np.isfinite(moves).all() and np.isfinite(first).all()) or np.rint(moves).min() < 1:
            continue
        misses = np.abs(np.concatenate([moves - np.rint(moves), first - np.rint(first)]))
        if misses.max() <= _MAX_OFF_GRID:
            total = np.zeros(len(times))
            total[1:][is_inner] = np.rint(moves)
            total = np.cumsum(total)
            positions = total + np.repeat(np.rint(first) - total[starts], np.diff(np.append(starts, len(times))))
            return positions - positions.min()
    return None


def _has_few_empty_steps(positions: np.ndarray) -> bool:
    """Return whether most places have a value in some series; five days a week have not."""
    return len(np.unique(positions)) >= 0.8 * (positions.max() + 1)


def _placed(positions: np.ndarray, codes: np.ndarray, explanation: str) -> Placement:
    last = np.zeros(codes[-1] + 1, np.int64)
    np.maximum.at(last, codes, positions)
    return Placement(
        positions, int(positions.max()) + 1, explanation, int(last.min()) + 1, int((last + 1).sum()) - len(positions)
    )
