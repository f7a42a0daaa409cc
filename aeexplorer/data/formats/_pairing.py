"""Where a format of one file a sample writes when its files are one side of pairs, of which some samples lack it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.uploads.staged import ArrayFile, Staging

_CHUNK = 4096


class Side(Staging):
    """One side of pairs: what is written for the samples that have it lies in a field of all samples.

    Parameters
    ----------
    whole
        Where the pairs go.
    column
        The manifest's column that it comes from.
    present
        bool ``(n,)``: which samples have it.
    taken
        Names of the fields so far; this one's is added.
    progress
        Takes the share done and a sentence.
    """

    def __init__(
        self, whole: Staging, column: str, present: np.ndarray, taken: list[str], progress: Callable[[float, str], None]
    ) -> None:
        self._whole, self._column, self._present, self._taken, self._progress = whole, column, present, taken, progress
        self._name = ""

    @contextmanager
    def array(self, name: str, modality: str, shape: tuple[int, ...], dtype: str, meta: Mapping[str, Any]) -> Iterator[ArrayFile]:
        if not self._name:
            count = sum(known.partition("_")[0] == name for known in self._taken)
            self._name = f"{name}_{count + 1}" if count else name
            self._taken.append(self._name)
        if shape[0] != self._present.sum():
            raise ValueError(f"{shape[0]} samples were read from {self._present.sum()} of the column {self._column!r}")
        full = (len(self._present), *shape[1:])
        with self._whole.array(self._name, modality, full, dtype, {**meta, "column": self._column}) as out:
            spread = _Spread(out, self._present, full, dtype)
            yield spread
            spread.fill(len(self._present))
        self._whole.present(self._name, self._present)

    def rows(self, table: pa.Table) -> None:
        """The pairs have rows of their own."""

    def note(self, sentence: str) -> None:
        self._whole.note(f"column {self._column!r}: {sentence}")

    def progress(self, fraction: float, text: str) -> None:
        self._progress(fraction, f"{self._column}: {text}")


class _Spread(ArrayFile):
    """Takes the samples that are there, one after another, and writes blanks between them."""

    def __init__(self, out: ArrayFile, present: np.ndarray, shape: tuple[int, ...], dtype: str) -> None:
        self._whole, self._places = out, np.flatnonzero(present)
        self._sample, self._kind = shape[1:], np.dtype(dtype)
        self._taken = self._written = 0

    def append(self, batch: np.ndarray) -> None:
        for start in range(0, len(batch), _CHUNK):
            part = batch[start : start + _CHUNK]
            places = self._places[self._taken : self._taken + len(part)]
            for run in np.split(np.arange(len(part)), np.flatnonzero(np.diff(places) > 1) + 1):
                self.fill(int(places[run[0]]))
                self._whole.append(part[run])
                self._written += len(run)
            self._taken += len(part)

    def fill(self, end: int) -> None:
        """Blanks up to a sample: NaN where the dtype has it, else zeros."""
        while self._written < end:
            count = min(end - self._written, _CHUNK)
            blank = np.nan if self._kind.kind == "f" else 0
            self._whole.append(np.full((count, *self._sample), blank, self._kind))
            self._written += count
