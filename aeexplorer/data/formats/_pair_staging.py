"""Staging of one column of pairs, which spreads the present samples over all rows and leaves blanks elsewhere."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa

from aeexplorer.data.uploads.staged import ArrayFile, Staging

_CHUNK_SAMPLES = 4096


class ColumnStaging(Staging):
    """Staging for the files or texts of one column: a format writes the present samples, and the field covers all samples.

    Parameters
    ----------
    target
        Staging of the pairs.
    column
        Column of the table that the samples come from.
    present
        Which samples have a file or text: bool ``(n,)``.
    field_names
        Names of the fields so far; the name of the new field is appended.
    progress
        Called with the completed share and a message.
    """

    def __init__(
        self,
        target: Staging,
        column: str,
        present: np.ndarray,
        field_names: list[str],
        progress: Callable[[float, str], None],
    ) -> None:
        self._target, self._column, self._present = target, column, present
        self._field_names, self._progress = field_names, progress
        self._name = ""

    @contextmanager
    def array(self, name: str, modality: str, shape: tuple[int, ...], dtype: str, meta: Mapping[str, Any]) -> Iterator[ArrayFile]:
        """Open a field for the present samples; a second field of one modality gets a numbered name."""
        if not self._name:
            count = sum(field_name.partition("_")[0] == name for field_name in self._field_names)
            self._name = f"{name}_{count + 1}" if count else name
            self._field_names.append(self._name)
        if shape[0] != self._present.sum():
            raise ValueError(f"read {shape[0]} samples of the column {self._column!r}, which has {self._present.sum()}")
        full_shape = (len(self._present), *shape[1:])
        with self._target.array(self._name, modality, full_shape, dtype, {**meta, "column": self._column}) as out:
            spread = _SpreadArrayFile(out, self._present, full_shape, dtype)
            yield spread
            spread.fill_blanks(len(self._present))
        self._target.present(self._name, self._present)

    def rows(self, table: pa.Table) -> None:
        """Ignore the rows: the table of pairs gives its own."""

    def note(self, sentence: str) -> None:
        self._target.note(f"column {self._column!r}: {sentence}")

    def progress(self, fraction: float, text: str) -> None:
        self._progress(fraction, f"{self._column}: {text}")


class _SpreadArrayFile(ArrayFile):
    """Array file that writes appended samples at the places of the present samples, and blanks between them."""

    def __init__(self, out: ArrayFile, present: np.ndarray, shape: tuple[int, ...], dtype: str) -> None:
        self._target, self._places = out, np.flatnonzero(present)
        self._sample_shape, self._sample_dtype = shape[1:], np.dtype(dtype)
        self._n_appended = self._n_written = 0

    def append(self, batch: np.ndarray) -> None:
        for start in range(0, len(batch), _CHUNK_SAMPLES):
            chunk = batch[start : start + _CHUNK_SAMPLES]
            places = self._places[self._n_appended : self._n_appended + len(chunk)]
            # write each group of neighbouring samples at once
            for group in np.split(np.arange(len(chunk)), np.flatnonzero(np.diff(places) > 1) + 1):
                self.fill_blanks(int(places[group[0]]))
                self._target.append(chunk[group])
                self._n_written += len(group)
            self._n_appended += len(chunk)

    def fill_blanks(self, end: int) -> None:
        """Write blanks up to a sample: NaN for floating-point dtypes, else zeros."""
        while self._n_written < end:
            count = min(end - self._n_written, _CHUNK_SAMPLES)
            blank = np.nan if self._sample_dtype.kind == "f" else 0
            self._target.append(np.full((count, *self._sample_shape), blank, self._sample_dtype))
            self._n_written += count
