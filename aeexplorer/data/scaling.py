"""How a field's numbers come to lie in [0, 1] units: what its record says of that, and its figures over the training samples.

A field of columns (a table, series) has ``columns``, each with its figures, and is scaled by them, see
`aeexplorer.data.tabular.scale_of`. A field of brightnesses (pictures, spectrograms, videos: ``(channels, …)``) is as it is
stored, unless its record has ``channels``, one for each with the figures ``low``, ``high``, ``mean`` and ``std`` in [0, 1]
units, and ``scaling``, which says what is made of them.
"""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from aeexplorer.data.tabular import column, scale_of, with_statistics

Scaling = Literal["min-max", "z-score"]
PixelScaling = Literal["stored", "min-max", "z-score"]


def is_bright(shape: tuple[int, ...]) -> bool:
    """Whether samples of this shape are brightnesses, channels first."""
    return len(shape) >= 3


def scaling_of(meta: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    """How a field is scaled; empty for one without numbers to scale."""
    if "columns" in meta:
        numeric = any(about["kind"] == "numeric" for about in meta["columns"])
        return str(meta.get("scaling", "min-max")) if numeric else ""
    return str(meta.get("scaling", "stored")) if is_bright(shape) else ""


def measured(meta: Mapping[str, Any], array: np.ndarray, train: np.ndarray, present: np.ndarray | None = None) -> dict[str, Any]:
    """What a record says of a field, with its figures over the training samples where it has any.

    Parameters
    ----------
    meta, array
        Of the field; the array is ``(n, *shape)``.
    train
        bool ``(n,)``: which samples are trained on.
    present
        bool ``(n,)``: which samples have the field; None where all do.
    """
    if "columns" in meta:
        return {**meta, "columns": with_statistics(array, meta["columns"], train)}
    if "channels" in meta:
        return {**meta, "channels": _channels(array, train if present is None else train & present)}
    return dict(meta)


def rescaled(
    meta: Mapping[str, Any], array: np.ndarray, train: np.ndarray, way: str, present: np.ndarray | None = None
) -> dict[str, Any]:
    """As `measured`, for a field that is scaled in another way: of its `Scaling`, or of `PixelScaling` for brightnesses."""
    plain = {key: value for key, value in meta.items() if key not in ("scaling", "channels")}
    if way == scaling_of(plain, array.shape[1:]):
        return measured(plain, array, train, present)
    figures: dict[str, Any] = {"channels": []} if is_bright(array.shape[1:]) else {}
    return measured(plain | figures | {"scaling": way}, array, train, present)


def channel_scale(meta: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray] | None:
    """Which brightness of each channel lies at 0 in x-space, and how far above it the one at 1 lies, both float64
    ``(channels,)`` in [0, 1] units, as in `aeexplorer.data.tabular.scale_of`; None where channels are as stored."""
    return scale_of({"columns": meta["channels"], "scaling": meta["scaling"]}) if "channels" in meta else None


def _channels(array: np.ndarray, train: np.ndarray) -> list[dict[str, float]]:
    """The figures of each channel of ``(n, channels, …)`` in [0, 1] units."""
    names = [column(f"channel {i}") for i in range(array.shape[1])]
    unit = 255 if array.dtype == np.uint8 else 1
    found = with_statistics(np.moveaxis(array, 1, -1), names, train)
    return [{key: about[key] / unit for key in ("low", "high", "mean", "std")} for about in found]
