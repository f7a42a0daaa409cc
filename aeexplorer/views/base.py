"""What a view hands to the page: a Plotly figure, and which samples its marks stand for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

POINTS = frozenset({"scattergl", "scatter", "scatter3d"})
"""Trace types whose marks may each be one sample."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Which samples the marks of one trace stand for.

    Parameters
    ----------
    trace
        Index of the trace in `figure.data`.
    ids
        Sample ids, int32, (n,).
    groups
        None: mark i is sample `ids[i]`. Else integers, (n,) or (n, T): the mark or marks (bar, bin, code) sample i
        belongs to, counted from 0; a negative number is none. The trace is then a bar trace whose lengths count
        samples, or entries where there are T a sample.
    """

    trace: int
    ids: np.ndarray
    groups: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class LinkedFigure:
    """A figure whose marks are linked to samples; not to be changed once made.

    A trace that no `Marks` names (a film path, a density) is drawn and left alone. The figure's `uirevision`
    says what zoom belongs to: give each projection its own, and zoom is kept when colours or data change.

    Parameters
    ----------
    figure
        The figure; colours and fonts that it leaves open follow the page's theme.
    marks
        One for each linked trace.
    hover
        Hovering a point shows its picture and reconstruction.
    decode_plane
        The plane through the latent space that the axes span, as the decoding route names it (``latents``, ``pca``):
        hovering the empty plane decodes the position. Empty where positions have no latent.
    decode_said
        What the card says before such a position.
    caption
        Plain text below the chart, such as how many samples are shown of how many.

    Raises
    ------
    ValueError
        Where marks do not fit their trace.
    """

    figure: go.Figure
    marks: tuple[Marks, ...]
    hover: bool = True
    decode_plane: str = ""
    decode_said: str = "decoded at"
    caption: str = ""

    def __post_init__(self) -> None:
        for marks in self.marks:
            _check(marks, self.figure)


@dataclass(frozen=True)
class View:
    """What a module of `aeexplorer.views` offers, as its constant `VIEW`.

    Parameters
    ----------
    name
        Short, as in a URL.
    title, help
        For the person: what it is called, what it shows.
    needs
        What a run must have for the view to make sense, such as `codebook`.
    build
        Arrays in, `LinkedFigure` out.
    """

    name: str
    title: str
    help: str
    needs: frozenset[str]
    build: Callable[..., LinkedFigure]


def _check(marks: Marks, figure: go.Figure) -> None:
    if not 0 <= marks.trace < len(figure.data):
        raise ValueError(f"marks name trace {marks.trace}, the figure has {len(figure.data)}")
    trace = figure.data[marks.trace]
    count = 0 if trace.x is None else len(trace.x)
    where = f"trace {marks.trace} ({trace.type}, {count} marks)"
    if marks.ids.ndim != 1 or marks.ids.dtype != np.int32:
        raise ValueError(f"{where}: ids must be int32 (n,), not {marks.ids.dtype} {marks.ids.shape}")
    if marks.groups is None:
        if trace.type not in POINTS:
            raise ValueError(f"{where}: marks that are one sample each need one of {sorted(POINTS)}")
        if len(marks.ids) != count:
            raise ValueError(f"{where}: {len(marks.ids)} ids for {count} marks")
        return
    if trace.type != "bar":
        raise ValueError(f"{where}: grouped marks need a bar trace")
    if marks.groups.dtype.kind not in "iu" or marks.groups.ndim not in (1, 2) or len(marks.groups) != len(marks.ids):
        raise ValueError(f"{where}: groups must be integers (n,) or (n, T) for {len(marks.ids)} ids")
    if marks.groups.size and marks.groups.max() >= count:
        raise ValueError(f"{where}: group {marks.groups.max()} has no mark")
