"""Division of an upload's samples into splits, by their table: the labels that a split is stratified by, and given splits."""

import numpy as np
import pyarrow as pa

from aeexplorer.core.errors import UserError
from aeexplorer.data.split import SPLITS, completed_split, stratified_split
from aeexplorer.data.uploads.given_split import find_split, split_note
from aeexplorer.data.uploads.options import IngestOptions
from aeexplorer.data.uploads.staged import composed

MAX_LABELS = 1000
"""Largest number of distinct labels; with more, the labels are kept as text."""
_MAX_SPLIT_VALUES = 16  # values of a batch of a column that may give a split, at most


def divide(table: pa.Table, labels: np.ndarray | None, options: IngestOptions) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the split, int8 ``(n,)``, and notes: the one that the upload gives if it is to be kept, else a random one."""
    columns = {name: table[name] for name in table.column_names if name not in ("id", "source", "label")}
    found = find_split(columns) if options.keep_split else None
    if found is None:
        return stratified_split(labels, table.num_rows, options.split), ()
    name, given = found
    split = completed_split(given, labels, options.split)
    notes = [split_note(name, given)]
    drawn = [part for code, part in enumerate(SPLITS) if not (given == code).any() and (split == code).any()]
    if drawn:
        notes.append(f"it has no samples for {' and '.join(drawn)}, which were drawn from its training samples")
    if (given < 0).any():
        notes.append(f"{(given < 0).sum():,} samples without a given split were used for training")
    return split, tuple(notes)


def separate_labels(table: pa.Table) -> tuple[pa.Table, np.ndarray | None, tuple[str, ...]]:
    """Return the table, integer labels ``(n,)`` for stratification (None without labels), and notes.

    A column of too many distinct labels is renamed, since its values cannot be classes.
    """
    if "label" not in table.column_names:
        return table, None, ()
    encoded = table["label"].combine_chunks().dictionary_encode()
    distinct = len(encoded.dictionary)
    if distinct == 0:
        return table.drop_columns(["label"]), None, ("no sample has a label",)
    if distinct > MAX_LABELS:
        renamed = ["label (text)" if name == "label" else name for name in table.column_names]
        note = f"{distinct:,} different labels are too many to be classes; they are kept as the column 'label (text)'"
        return table.rename_columns(renamed), None, (note,)
    missing = encoded.null_count
    note = f"{missing:,} of {table.num_rows:,} samples have no label"
    return table, encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), (note,) if missing else ()


def training_mask(table: pa.Table, options: IngestOptions) -> np.ndarray:
    """Return which samples will be in the training split, bool ``(n,)``, before they are stored.

    What is learned from the samples while they are read, such as a vocabulary, must not see the others. If they cannot be
    divided, all are taken: the upload is then refused when it is stored.
    """
    with_labels, labels, _ = separate_labels(table)
    try:
        return divide(with_labels, labels, options)[0] == SPLITS.index("train")
    except UserError:
        return np.ones(table.num_rows, np.bool_)


class DividingColumns:
    """The columns of a table that its split depends on, collected batch by batch: the labels, and columns of few values."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._left_out = {"id", "source"}
        self._labels: set[object] = set()

    def append(self, rows: pa.Table) -> None:
        """Add a batch of rows. All batches must have the same columns."""
        rows = composed(rows)
        for name in set(rows.column_names) - self._left_out:
            distinct = rows[name].unique()
            if name == "label":
                self._labels |= set(distinct.to_pylist())
                if len(self._labels) > MAX_LABELS + 1:  # they will be no classes
                    self._left_out.add(name)
            elif len(distinct) > _MAX_SPLIT_VALUES:
                self._left_out.add(name)
        # a column of places keeps the number of rows where no other column is left
        kept = rows.select([name for name in rows.column_names if name not in self._left_out])
        self._tables.append(kept.append_column("place", pa.array(np.zeros(rows.num_rows, np.int8))))

    def training_mask(self, options: IngestOptions) -> np.ndarray:
        """Return which of the rows will be in the training split, bool ``(n,)``."""
        if not self._tables:
            return np.ones(0, np.bool_)
        names = [name for name in self._tables[0].column_names if name not in self._left_out]
        return training_mask(pa.concat_tables([table.select(names) for table in self._tables]), options)
