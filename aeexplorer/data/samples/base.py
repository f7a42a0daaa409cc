"""Base of the built-in datasets. Each public module of this folder defines one `BuiltinDataset`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from aeexplorer.data.dataset import NewField
from aeexplorer.data.ingest.confined import Progress

__all__ = ["BuiltinDataset", "DatasetContent", "Progress", "official_split", "sources"]


@dataclass(frozen=True)
class DatasetContent:
    """Content of a built-in dataset: the arguments of `create_dataset`."""

    fields: dict[str, NewField]
    table: pa.Table
    split: np.ndarray
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltinDataset:
    """A built-in dataset.

    Parameters
    ----------
    name
        Short unique name, as on the command line.
    title, summary
        Heading, and a sentence about the content, for users.
    build
        Generates or downloads the content. Raises `UserError` if a download fails.
    """

    name: str
    title: str
    summary: str
    build: Callable[[Progress], DatasetContent]


def official_split(train: int, test: int) -> np.ndarray:
    """Return an official split, int8 ``(train + test,)``: first the training samples, then the test samples, no validation."""
    return np.repeat(np.array([0, 2], np.int8), [train, test])


def sources(name: str, n: int) -> pa.Array:
    """Return the column ``source``: ``"{name} 0"``, ``"{name} 1"``, …"""
    return pa.array([f"{name} {i}" for i in range(n)], pa.string())
