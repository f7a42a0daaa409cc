"""Known factors of variation: the columns of a dataset's table that vary and lack no value."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import Dataset

MOST = 50
"""Distinct texts of a column that is a factor at most."""


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor of every sample.

    Parameters
    ----------
    name
        The column.
    values
        float64 ``(n,)`` numbers, or int64 ``(n,)`` categories.
    """

    name: str
    values: np.ndarray

    @property
    def categorical(self) -> bool:
        """Whether its values have no order."""
        return self.values.dtype.kind == "i"


def factors(dataset: Dataset) -> list[Factor]:
    """The factors of a dataset: numbers, and texts of few kinds, but for the columns ``id``, ``source`` and ``label``."""
    found = []
    for name in dataset.table.column_names:
        column = dataset.table[name]
        if name in ("id", "source", "label") or column.null_count:
            continue
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            values = column.to_numpy().astype(np.float64)
        elif pa.types.is_string(column.type) or pa.types.is_boolean(column.type):
            values = np.unique(column.to_numpy(), return_inverse=True)[1].astype(np.int64)
            if values.max() >= MOST:
                continue
        else:
            continue
        if np.isfinite(values).all() and values.min() < values.max():
            found.append(Factor(name, values))
    return found
