"""What a built-in dataset is. One module of this folder a set; each offers one `Sample`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.ingest.confined import Progress

__all__ = ["Built", "Progress", "Sample", "official_split", "sources"]


@dataclass(frozen=True)
class Built:
    """The content of a built-in dataset, ready to be stored: as the arguments of `create_dataset`."""

    fields: dict[str, NewField]
    table: pa.Table
    split: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """A built-in dataset.

    Parameters
    ----------
    name
        Short and unique, as on the command line.
    title, summary
        What people see: a heading, and one sentence on what is in it.
    build
        Makes or fetches the content; raises `UserError` when that needs a network and there is none.
    """

    name: str
    title: str
    summary: str
    build: Callable[[Progress], Built]


def official_split(train: int, test: int) -> np.ndarray:
    """int8 ``(train + test,)``: the first `train` samples to train on, the rest to test, none to validate."""
    return np.repeat(np.array([0, 2], np.int8), [train, test])


def sources(name: str, n: int) -> pa.Array:
    """Where each sample comes from, in words."""
    return pa.array([f"{name} {i}" for i in range(n)], pa.string())
