"""Columns of a table, channels of a series: how they are described, and their figures over the training samples."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

MAX_COLUMNS = 5000
_ROWS = 1 << 16


def column(name: str, categories: Sequence[str] = (), start: str = "") -> dict[str, Any]:
    """Describe a column: numeric without categories, categorical with them.

    Numbers with a `start` (a day, or a point in time, in ISO format) are days since then, and shown as dates.
    """
    about = {"name": name, "kind": "categorical" if categories else "numeric", "categories": list(categories)}
    return about | ({"start": start} if start else {})


def moment(start: str, days: float) -> str:
    """So many days after a start, as people write it: to the day, or to the minute where the start has a time."""
    found = np.datetime64(start, "m") + np.timedelta64(round(days * 1440), "m")
    return str(found).replace("T", " ") if "T" in start else str((found + np.timedelta64(720, "m")).astype("M8[D]"))


def with_statistics(array: np.ndarray, columns: Sequence[Mapping[str, Any]], train: np.ndarray) -> list[dict[str, Any]]:
    """The columns with ``low``, ``high``, ``mean`` and ``std`` over the training samples, missing values left out.

    Parameters
    ----------
    array
        float32 ``(n, …, columns)``: numbers, or indices of categories; NaN where missing.
    columns
        One description a column, from `column`.
    train
        bool ``(n,)``: which samples are trained on.

    Returns
    -------
    list of dict
        A column without any value gets 0, 0, 0, 1; a constant one gets std 1. Categorical columns keep the figures
        of their indices' range and a mean of 0 and std of 1: they are not numbers.
    """
    width = array.shape[-1]
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    count, total, squares = np.zeros(width), np.zeros(width), np.zeros(width)
    rows = np.flatnonzero(train)
    each = max(1, _ROWS * width // math.prod(array.shape[1:]))
    pieces = [rows[i : i + each] for i in range(0, len(rows), each)]
    for piece in pieces:
        values = array[piece].reshape(-1, width).astype(np.float64)
        known = ~np.isnan(values)
        low = np.minimum(low, np.where(known, values, np.inf).min(axis=0))
        high = np.maximum(high, np.where(known, values, -np.inf).max(axis=0))
        count += known.sum(axis=0)
        total += np.where(known, values, 0).sum(axis=0)
    mean = total / np.maximum(count, 1)
    for piece in pieces:
        squares += np.nansum((array[piece].reshape(-1, width).astype(np.float64) - mean) ** 2, axis=0)
    std = np.sqrt(squares / np.maximum(count, 1))

    described = []
    for i, about in enumerate(columns):
        if about["kind"] == "categorical":
            figures = (0.0, float(len(about["categories"]) - 1), 0.0, 1.0)
        elif count[i] == 0:
            figures = (0.0, 0.0, 0.0, 1.0)
        else:
            figures = (float(low[i]), float(high[i]), float(mean[i]), float(std[i]) if std[i] > 0 else 1.0)
        described.append({**about, **dict(zip(("low", "high", "mean", "std"), figures, strict=True))})
    return described


def scale_of(meta: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Which value of each column lies at 0 in x-space, and how far above it the one at 1 lies: float64, ``(columns,)`` both.

    By default these are the lowest and highest value over the training samples; in a field whose ``scaling`` is
    ``z-score`` they are three standard deviations from the mean, so that a column's z lies at ½ + z/6, unbounded.
    """

    def figures(key: str) -> np.ndarray:
        return np.array([float(about.get(key, 0)) for about in meta["columns"]])

    if meta.get("scaling") == "z-score":
        low, high = figures("mean") - 3 * figures("std"), figures("mean") + 3 * figures("std")
    else:
        low, high = figures("low"), figures("high")
    return low, np.where(high > low, high - low, 1.0)
