"""Heatmaps of codes: which occur together, and which labels use which."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.codes.relations import LabelUse, Together
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.points import plain
from aeexplorer.views.palette import SCALE

TICKS, LARGE_TICKS = 40, 24
"""Up to so many codes are numbered on an axis; up to so many in larger type."""
CLIPPED = 0.98
"""The colours span this quantile of the lifts: a few extreme ones do not take them all."""
_DIVERGING = [[0.0, "#0072B2"], [0.5, "rgba(138,143,152,0.12)"], [1.0, "#D55E00"]]


def together_figure(found: Together) -> LinkedFigure:
    """Codes against codes: orange where they occur together more often than chance would have it, blue where less."""
    names = [str(code) for code in found.codes]
    known = np.abs(found.lift[np.isfinite(found.lift)])
    limit = float(np.quantile(known, CLIPPED)) if known.any() else 1.0
    heat = go.Heatmap(
        z=found.lift.astype(np.float32),
        customdata=_told(names, names, found.counts, "codes {} and {}: {:,} samples hold both"),
        colorscale=_DIVERGING,
        zmin=-limit,
        zmax=limit,
        hoverongaps=False,
        hovertemplate="%{customdata}<br>%{z:+.2f} (log₂ of the lift)<extra></extra>",
        colorbar={"title": {"text": "log₂ lift", "side": "right"}, "thickness": 10, "outlinewidth": 0},
    )
    caption = "Orange: together more often than if codes were independent. Click a cell to light up the samples that hold both."
    return _figure(heat, "Codes that occur together", names, names, caption, square=True)


def label_figure(found: LabelUse) -> LinkedFigure:
    """Labels against codes: how much of a label's places a code takes."""
    names = [str(code) for code in found.codes]
    heat = go.Heatmap(
        z=100 * found.shares.astype(np.float32),
        customdata=_told(
            [plain(label) for label in found.labels], names, 100 * found.shares, "{}, code {}: {:.1f} % of its places"
        ),
        colorscale=SCALE,
        hovertemplate="%{customdata}<extra></extra>",
        colorbar={"title": {"text": "% of places", "side": "right"}, "thickness": 10, "outlinewidth": 0},
    )
    labels = [plain(label) for label in found.labels]
    caption = "How much of each label's places a code takes. Click a cell to light up the label's samples that hold the code."
    return _figure(heat, "Codes by label", names, labels, caption, square=False)


def _told(rows: Sequence[str], columns: Sequence[str], values: np.ndarray, words: str) -> list[list[str]]:
    return [[words.format(row, column, values[i, j]) for j, column in enumerate(columns)] for i, row in enumerate(rows)]


def _figure(heat: go.Heatmap, title: str, columns: list[str], rows: list[str], caption: str, square: bool) -> LinkedFigure:
    figure = go.Figure(heat)
    figure.update_layout(
        title_text=title,
        xaxis=_axis(columns) | {"title": {"text": "code"}},
        yaxis=_axis(rows) | {"autorange": "reversed"} | ({"title": {"text": "code"}, "scaleanchor": "x"} if square else {}),
        dragmode=False,
        showlegend=False,
        uirevision=title,
    )
    return LinkedFigure(figure, (), hover=False, caption=caption)


def _axis(names: list[str]) -> dict[str, Any]:
    plain_axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "constrain": "domain", "ticks": ""}
    if len(names) > TICKS:
        return plain_axis | {"showticklabels": False}
    return plain_axis | {
        "tickvals": list(range(len(names))),
        "ticktext": names,
        "tickfont": {"size": 10 if len(names) <= LARGE_TICKS else 8},
        "tickangle": 0,
    }
