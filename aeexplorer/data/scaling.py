"""Scaling of the values of a field to [0, 1] units, by statistics of the training samples that its meta holds.

The meta of a field of columns (table, series) has ``columns``, each with its statistics, which scale the column, see
`aeexplorer.data.tabular.column_scale`. A field of pixels (pictures, spectrograms, videos: ``(channels, …)``) is used as stored,
unless its meta has ``scaling`` and ``channels``: the statistics ``low``, ``high``, ``mean`` and ``std`` of each channel in [0, 1]
units.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from aeexplorer.data.tabular import column, column_scale, with_statistics

Scaling = Literal["min-max", "z-score"]
PixelScaling = Literal["stored", "min-max", "z-score"]


def is_pixel_shape(shape: tuple[int, ...]) -> bool:
    """Return whether samples of this shape are pixels, channels first."""
    return len(shape) >= 3


def scaling_of(meta: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    """Return the scaling of a field; an empty string for a field without numbers to scale."""
    if "columns" in meta:
        has_numbers = any(column["kind"] == "numeric" for column in meta["columns"])
        return str(meta.get("scaling", "min-max")) if has_numbers else ""
    return str(meta.get("scaling", "stored")) if is_pixel_shape(shape) else ""


def updated_statistics(
    meta: Mapping[str, Any], array: np.ndarray, train: np.ndarray, present: np.ndarray | None = None
) -> dict[str, Any]:
    """Return the meta of a field with the statistics of its columns or channels over the training samples.

    Parameters
    ----------
    meta, array
        Meta and samples of the field; the array is ``(n, *shape)``.
    train
        Mask of the training samples, bool ``(n,)``.
    present
        Mask of the samples that have the field, bool ``(n,)``; None if all have it.
    """
    if "columns" in meta:
        return {**meta, "columns": with_statistics(array, meta["columns"], train)}
    if "channels" in meta:
        return {**meta, "channels": _channel_statistics(array, train if present is None else train & present)}
    return dict(meta)


def meta_with_scaling(
    meta: Mapping[str, Any], array: np.ndarray, train: np.ndarray, scaling: str, present: np.ndarray | None = None
) -> dict[str, Any]:
    """Return the meta of a field under another scaling.

    Parameters
    ----------
    meta, array, train, present
        As in `updated_statistics`.
    scaling
        One of `PixelScaling` for a field of pixels, else one of `Scaling`.
    """
    plain = {key: value for key, value in meta.items() if key not in ("scaling", "channels")}
    if scaling == scaling_of(plain, array.shape[1:]):  # the default scaling is not recorded
        return updated_statistics(plain, array, train, present)
    statistics: dict[str, Any] = {"channels": []} if is_pixel_shape(array.shape[1:]) else {}
    return updated_statistics(plain | statistics | {"scaling": scaling}, array, train, present)


def channel_scale(meta: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return offset and span of each channel: x-space is ``(value - offset) / span``.

    Returns
    -------
    tuple of numpy.ndarray or None
        Offset and span, float64 ``(channels,)`` in [0, 1] units; None if channels are used as stored.
    """
    return column_scale({"columns": meta["channels"], "scaling": meta["scaling"]}) if "channels" in meta else None


def _channel_statistics(array: np.ndarray, train: np.ndarray) -> list[dict[str, float]]:
    """Return the statistics of each channel of ``(n, channels, …)``, in [0, 1] units."""
    channels = [column(f"channel {i}") for i in range(array.shape[1])]
    unit = 255 if array.dtype == np.uint8 else 1
    described = with_statistics(np.moveaxis(array, 1, -1), channels, train)  # (n, …, channels)
    return [{key: channel[key] / unit for key in ("low", "high", "mean", "std")} for channel in described]
