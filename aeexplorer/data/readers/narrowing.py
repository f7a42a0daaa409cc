"""Decide, batch by batch, what must be taken off the numbers of a column so that they stay distinct as float32."""

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_FLOAT32_DIGITS = 24  # bits of the significand
_MIN_GAIN = 4
"""How much smaller numbers must become for an offset to be worth it, if they are not whole."""
_MIN_SHARE = 0.01
"""Share of the distinct values that must become equal for it to matter, if they are not whole and an offset gains little."""
_SMALLEST, _LARGEST = 2.0**-100, 2.0**126
"""Magnitudes between which float32 has its full precision, with room for sums."""
_MAX_PAIRS = 4096
_MAX_SEEN = 1024
_MAX_SPARSE = 4096  # values of a batch that are compared where an offset gains little
_MAX_DECIMALS = 12
_EXACT_FLOAT64 = 1 << 53
_MAX_FLOAT32 = float(np.finfo(np.float32).max)
_MIN_HUGE_SHARE = 0.05


@dataclass
class Narrowing:
    """Numbers of a column: their range, and those that become equal as float32.

    Numbers are float64, or int64 where float64 would not hold them.
    """

    low: float = math.inf
    high: float = -math.inf
    is_whole: bool = True
    """Whether all numbers are whole, and not so large that float64 has no others."""
    is_exact: bool = True
    """Whether all numbers are exact as float32."""
    n_merging: int = 0
    """Distinct values, of those that were compared, that are equal to their lower neighbour as float32."""
    n_compared: int = 0
    _lower: list[np.ndarray] = field(default_factory=list)
    """Values that are equal to their upper neighbours as float32."""
    _upper: list[np.ndarray] = field(default_factory=list)
    """The upper neighbours of `_lower`."""
    _seen: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Some distinct values of all batches."""
    _entries: dict[str, Any] | None = None
    """Result of `describe` for the batches so far."""

    def update(self, numbers: np.ndarray) -> None:
        """Take in a further batch of numbers, float64 or int64 ``(n,)``, NaN where missing."""
        known = numbers[np.isfinite(numbers)]
        if not len(known):
            return
        self._entries = None
        self.low, self.high = min(self.low, known.min().item()), max(self.high, known.max().item())
        is_integer = known.dtype.kind == "i"
        self.is_whole &= is_integer or bool((known == np.trunc(known)).all() and np.abs(known).max() < _EXACT_FLOAT64)
        if len(self._seen) and self._seen.dtype != known.dtype:
            known, self._seen = known.astype(np.float64), self._seen.astype(np.float64)
        is_exact = _are_equal(self._narrow(known), known)
        self.is_exact &= is_exact
        if is_exact or (not self.is_whole and self._gain < _MIN_GAIN):
            known = known[:: -(-len(known) // (_MAX_SEEN if is_exact else _MAX_SPARSE))]
        distinct = np.unique(np.concatenate([self._seen.astype(known.dtype), known]))
        narrow = self._narrow(distinct)
        if not _are_equal(narrow, distinct):
            merges = np.flatnonzero(np.diff(narrow) == 0)
            self.n_merging += len(merges)
            merges = merges[: max(0, _MAX_PAIRS - sum(map(len, self._lower)))]
            self._lower.append(distinct[merges])
            self._upper.append(distinct[merges + 1])
        self.n_compared += len(distinct)
        self._seen = distinct[:: -(-len(distinct) // _MAX_SEEN)]

    def _narrow(self, numbers: np.ndarray, offset: float = 0) -> np.ndarray:
        """Take off an offset, and the scale that then is needed, and convert to float32."""
        scale = _scale(self._size(offset))
        return (numbers - offset if scale == 1 else (numbers - offset) / scale).astype(np.float32)

    def _size(self, offset: float = 0) -> float:
        """Return the largest magnitude after an offset is taken off."""
        return max(abs(float(self.high - offset)), abs(float(self.low - offset))) if self.low <= self.high else 0.0

    @property
    def _gain(self) -> float:
        """How many times larger the largest number is than half of the range."""
        half = self.high / 2 - self.low / 2
        return self._size() / half if half > 0 else 1.0

    def describe(self) -> dict[str, Any]:
        """Return the entries ``offset``, ``scale`` and ``decimals`` for the column, see `aeexplorer.data.units`.

        The result is empty for a column that is stored in its own units.
        """
        if self._entries is None:
            entries: dict[str, Any] = {}
            offset = self._offset()
            if offset is not None:
                entries["offset"] = offset
            if (scale := _scale(self._size(offset or 0))) != 1:
                entries["scale"] = scale
            elif entries and (decimals := self.decimals) is not None:
                entries["decimals"] = decimals
            self._entries = entries
        return self._entries

    @property
    def loses_digits(self) -> bool:
        """Whether the stored numbers cannot give the values back, so that exact values must be kept beside."""
        if not self._needs_digits:
            return False
        offset, decimals = self._offset(), self.decimals
        left = 1 - self._separated(offset or 0)
        if decimals is not None:
            return left > 0 or self._size(offset or 0) * 10.0**decimals > 1 << _FLOAT32_DIGITS
        return left * self.n_merging >= _MIN_SHARE * self.n_compared

    @property
    def _needs_digits(self) -> bool:
        """Whether float32 has too few digits: distinct numbers become equal, or whole numbers change."""
        return self.n_merging > 0 or (self.is_whole and not self.is_exact)

    def _offset(self) -> float | int | None:
        """Return the number to take off; None where there is none to gain by it."""
        if not self._needs_digits or not self.low < self.high:
            return None
        if not (self.is_whole or self._gain >= _MIN_GAIN or self.n_merging >= _MIN_SHARE * self.n_compared):
            return None
        half = float(self.high / 2 - self.low / 2)
        middle = self._round(self.low + half if not self.is_whole else (self.low + self.high) / 2, half)
        quarter, median, three_quarters = np.quantile(self._seen, (0.25, 0.5, 0.75), method="nearest").tolist()
        candidates = (middle, self._round(median, float(three_quarters - quarter)))
        best = max(candidates, key=self._separated)
        return best if self._separated(best) >= (0.5 if self._gain >= _MIN_GAIN or not self.is_whole else 1) else None

    def _round(self, value: float, spread: float) -> float | int:
        """Round an offset to the leading digit of the spread of the values, at most to their own decimals."""
        decimals = self.decimals
        nice = -math.floor(math.log10(spread)) if spread > 0 else 0
        if self.is_whole:
            step = 10 ** max(0, -nice, -(decimals or 0))
            return int(value) // step * step
        return float(np.round(value, nice if decimals is None else min(nice, decimals)))

    def _separated(self, offset: float | int) -> float:
        """Return the share of the pairs of equal neighbours that differ as float32 when an offset is taken off."""
        if not self.n_merging:
            return float(self._size(offset) * 10.0 ** (self.decimals or 0) <= 1 << _FLOAT32_DIGITS)
        lower, upper = np.concatenate(self._lower), np.concatenate(self._upper)
        return float(np.mean(self._narrow(lower, offset) != self._narrow(upper, offset)))

    @property
    def decimals(self) -> int | None:
        """Return how many decimals the values have, negative for multiples of powers of ten; None for more than twelve."""
        if self.is_whole:
            common = int(np.gcd.reduce(self._seen.astype(np.int64))) if abs(self.low) < 2**63 and abs(self.high) < 2**63 else 1
            zeros = 0
            while common and common % 10 == 0:
                common, zeros = common // 10, zeros + 1
            return -zeros
        size = max(abs(self.low), abs(self.high))
        for decimals in range(1, _MAX_DECIMALS + 1):
            if size * 10**decimals >= _EXACT_FLOAT64:
                return None
            if (np.round(self._seen, decimals) == self._seen).all():
                return decimals
        return None


@dataclass
class Numbers:
    """Numbers of a column, of which those that float32 cannot hold count as missing, unless they are many."""

    n_known: int = 0
    n_unbounded: int = 0
    """Infinite numbers."""
    n_huge: int = 0
    """Finite numbers beyond float32."""
    _fitting: Narrowing = field(default_factory=Narrowing)
    _finite: Narrowing | None = None
    """All finite numbers; None as long as none is beyond float32."""

    def update(self, numbers: np.ndarray) -> None:
        """Take in a further batch of numbers, float64 or int64 ``(n,)``, NaN where missing."""
        is_finite, fits = np.isfinite(numbers), np.abs(numbers) <= _MAX_FLOAT32
        self.n_known += len(numbers) - int(np.isnan(numbers).sum())
        self.n_unbounded += int(np.isinf(numbers).sum())
        n_huge = int((is_finite & ~fits).sum())
        self.n_huge += n_huge
        if n_huge and self._finite is None:
            self._finite = copy.deepcopy(self._fitting)
        if self._finite is not None:
            self._finite.update(numbers)
        self._fitting.update(numbers[fits])

    @property
    def has_huge(self) -> bool:
        """Whether so many numbers are beyond float32 that they are no errors, and all numbers are divided by a scale."""
        return self.n_huge > _MIN_HUGE_SHARE * self.n_known

    @property
    def narrowing(self) -> Narrowing:
        """Range and digits of the numbers that do not count as missing."""
        return self._finite if self._finite is not None and self.has_huge else self._fitting

    @property
    def n_missing(self) -> int:
        """Numbers that count as missing because they are infinite or beyond float32."""
        return self.n_unbounded + (0 if self.has_huge else self.n_huge)

    def known(self, numbers: np.ndarray) -> np.ndarray:
        """Replace numbers that count as missing by NaN, in float64 ``(n,)``."""
        return np.where(np.isfinite(numbers) if self.has_huge else np.abs(numbers) <= _MAX_FLOAT32, numbers, np.nan)


def combine(columns: Sequence[Narrowing]) -> Narrowing:
    """Combine the numbers of columns that are stored together, such as the steps of a series."""
    together = Narrowing()
    for column in columns:
        together.update(column._seen)
    together.low, together.high = min(c.low for c in columns), max(c.high for c in columns)
    together.is_whole = all(c.is_whole for c in columns)
    together._lower += [lower for c in columns for lower in c._lower]
    together._upper += [upper for c in columns for upper in c._upper]
    together.n_merging += sum(c.n_merging for c in columns)
    together.n_compared += sum(c.n_compared for c in columns)
    return together


def scan_numbers(pieces: Iterable[np.ndarray], columns: int) -> list[Numbers]:
    """Collect the numbers of each column of an array.

    Parameters
    ----------
    pieces
        The array in pieces ``(any, …, columns)``.
    columns
        Number of columns.
    """
    scanned = [Numbers() for _ in range(columns)]
    for piece in pieces:
        rows = piece.reshape(-1, columns)
        for i, numbers in enumerate(scanned):
            numbers.update(rows[:, i])
    return scanned


def _scale(size: float) -> float:
    """Return the power of two by which numbers of this magnitude must be divided to keep float32's full precision."""
    return 2.0 ** math.floor(math.log2(size)) if size > _LARGEST or 0 < size < _SMALLEST else 1.0


def _are_equal(narrow: np.ndarray, numbers: np.ndarray) -> bool:
    """Return whether numbers are exact as float32."""
    with np.errstate(invalid="ignore"):  # the largest int64 is rounded to one more
        return bool((narrow.astype(numbers.dtype) == numbers).all())
