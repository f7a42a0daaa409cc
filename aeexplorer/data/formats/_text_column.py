"""Texts of one column of a table."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from aeexplorer.data.formats._text_field import BATCH_TEXTS, TextBatch, TextSource
from aeexplorer.data.readers.columns import Column, to_strings
from aeexplorer.data.uploads.options import ColumnGuess


def guess_text_column(columns: Sequence[Column], guesses: Sequence[ColumnGuess]) -> str:
    """Return the wordiest column of texts if at most one other column can be learned, else an empty text."""
    prose = [c for c in columns if c.is_prose]
    if not prose or sum(g.role == "feature" for g in guesses) > 1:
        return ""
    return max(prose, key=lambda c: c.n_spaces).name


def column_texts(
    batches: Callable[[], Iterable[pa.RecordBatch]], name: str, sample_table: Callable[[pa.RecordBatch, int], pa.Table]
) -> TextSource:
    """Return the texts of one column as a source.

    Parameters
    ----------
    batches
        Yields all rows of the table; restarts with each call.
    name
        Name of the column.
    sample_table
        Returns the other values of some rows, given those rows and the number of rows before them.
    """

    def texts() -> Iterator[TextBatch]:
        done = 0
        for batch in batches():
            for part in (batch.slice(start, BATCH_TEXTS) for start in range(0, batch.num_rows, BATCH_TEXTS)):
                yield TextBatch(to_strings(part.column(name)).to_pylist(), sample_table(part, done))
                done += part.num_rows

    return texts
