"""Known factors of variation: the columns of a dataset's table that vary and have no missing values."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import Dataset

MAX_CATEGORIES = 50
"""A text column with more distinct values is not a factor."""


@dataclass(frozen=True, eq=False)
class Factor:
    """A known factor of variation, with its value for every sample.

    Parameters
    ----------
    name
        Name of the column.
    values
        float64 ``(n,)`` for numbers, int64 ``(n,)`` for categories.
    """

    name: str
    values: np.ndarray

    @property
    def is_categorical(self) -> bool:
        """Whether the values are categories, which have no order."""
        return self.values.dtype.kind == "i"


def factors(dataset: Dataset) -> list[Factor]:
    """Return the known factors of a dataset.

    A factor is a column of numbers, of booleans, or of at most 50 distinct texts. The columns ``id``, ``source`` and
    ``label`` are never factors, nor are columns that are constant or have missing values.
    """
    varying = []
    for name in dataset.table.column_names:
        column = dataset.table[name]
        if name in ("id", "source", "label") or column.null_count:
            continue
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            values = column.to_numpy().astype(np.float64)
        elif pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
            values = np.unique(column.to_numpy(), return_inverse=True)[1].astype(np.int64)
            if values.max() >= MAX_CATEGORIES:
                continue
        else:
            continue
        if np.isfinite(values).all() and values.min() < values.max():
            varying.append(Factor(name, values))
    return varying
