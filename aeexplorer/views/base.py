"""The result of a view: a Plotly figure, and the samples that its marks stand for."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

POINT_TRACES = frozenset({"scattergl", "scatter", "scatter3d"})
"""Trace types of which each mark can stand for one sample."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Samples that the marks of one trace stand for.

    Parameters
    ----------
    trace
        Index of the trace in `figure.data`.
    ids
        Sample ids, int32, (n,).
    groups
        None if mark i is sample `ids[i]`. Otherwise integers, (n,) or (n, T): the index of the mark or marks (bars) that
        sample i belongs to, counted from 0; negative for none. The trace is then a bar trace whose lengths count samples, or
        with T groups per sample, codes.
    """

    trace: int
    ids: np.ndarray
    groups: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class LinkedFigure:
    """Figure whose marks are linked to samples. It must not be changed afterwards.

    Traces without `Marks`, such as a path or a density, are drawn but not linked. The zoom is kept as long as the figure's
    `uirevision` stays the same: give each projection its own, so that the zoom survives a change of colours or data.

    Parameters
    ----------
    figure
        The figure. Colours and fonts that it does not set follow the theme of the page.
    marks
        Marks of each linked trace.
    hover
        Whether hovering over a point shows its picture and reconstruction.
    decode_plane
        Name of the projection for the decoding route, such as ``latents`` or ``pca``. Hovering over the empty plane then
        decodes the position. Empty if positions have no latent.
    decode_label
        Words before the position on the card of a decoded position.
    caption
        Plain text below the chart, for example how many samples are shown of how many.

    Raises
    ------
    ValueError
        If marks do not fit their trace.
    """

    figure: go.Figure
    marks: tuple[Marks, ...]
    hover: bool = True
    decode_plane: str = ""
    decode_label: str = "decoded at"
    caption: str = ""

    def __post_init__(self) -> None:
        for marks in self.marks:
            _check_marks(marks, self.figure)


def _check_marks(marks: Marks, figure: go.Figure) -> None:
    if not 0 <= marks.trace < len(figure.data):
        raise ValueError(f"marks name trace {marks.trace}, the figure has {len(figure.data)}")
    trace = figure.data[marks.trace]
    count = 0 if trace.x is None else len(trace.x)
    where = f"trace {marks.trace} ({trace.type}, {count} marks)"
    if marks.ids.ndim != 1 or marks.ids.dtype != np.int32:
        raise ValueError(f"{where}: ids must be int32 (n,), not {marks.ids.dtype} {marks.ids.shape}")
    if marks.groups is None:
        if trace.type not in POINT_TRACES:
            raise ValueError(f"{where}: marks that are one sample each need one of {sorted(POINT_TRACES)}")
        if len(marks.ids) != count:
            raise ValueError(f"{where}: {len(marks.ids)} ids for {count} marks")
        return
    if trace.type != "bar":
        raise ValueError(f"{where}: grouped marks need a bar trace")
    if marks.groups.dtype.kind not in "iu" or marks.groups.ndim not in (1, 2) or len(marks.groups) != len(marks.ids):
        raise ValueError(f"{where}: groups must be integers (n,) or (n, T) for {len(marks.ids)} ids")
    if marks.groups.size and marks.groups.max() >= count:
        raise ValueError(f"{where}: group {marks.groups.max()} has no mark")
