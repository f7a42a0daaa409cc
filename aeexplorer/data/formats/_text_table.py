"""A column of a table as texts."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from aeexplorer.data.formats._texts import BATCH, Source, Texts
from aeexplorer.data.readers.columns import Column, strings
from aeexplorer.data.uploads.options import ColumnGuess


def text_column(columns: Sequence[Column], guesses: Sequence[ColumnGuess]) -> str:
    """The wordiest column of texts where fewer than two others can be learned; else empty."""
    prose = [c for c in columns if c.is_prose]
    if not prose or sum(g.role == "feature" for g in guesses) > 1:
        return ""
    return max(prose, key=lambda c: c.spaces).name


def texts_of(
    batches: Callable[[], Iterable[pa.RecordBatch]], name: str, beside: Callable[[pa.RecordBatch, int], pa.Table]
) -> Source:
    """The texts of one column.

    Parameters
    ----------
    batches
        All rows of the table; begins anew at each call.
    name
        The column.
    beside
        What is kept of some rows besides, given those and how many came before.
    """

    def texts() -> Iterator[Texts]:
        done = 0
        for batch in batches():
            for part in (batch.slice(start, BATCH) for start in range(0, batch.num_rows, BATCH)):
                yield Texts(strings(part.column(name)).to_pylist(), beside(part, done))
                done += part.num_rows

    return texts
