"""Heatmaps of codes: which codes occur together, and which labels use which codes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.codes.relations import CodeCooccurrence, LabelUsage
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.points import escape_html
from aeexplorer.views.palette import SCALE

MAX_TICKS, MAX_LARGE_TICKS = 40, 24
"""Codes up to which the codes are numbered on an axis, and up to which in a larger font."""
SCALE_QUANTILE = 0.98
"""Quantile of the absolute lifts that the colours span, so that a few extreme lifts do not use up all colours."""
_DIVERGING = [[0.0, "#0072B2"], [0.5, "rgba(138,143,152,0.12)"], [1.0, "#D55E00"]]


def co_occurrence_figure(pairs: CodeCooccurrence) -> LinkedFigure:
    """Draw codes against codes: orange where they occur together more often than by chance, blue where less often."""
    names = [str(code) for code in pairs.codes]
    finite = np.abs(pairs.lift[np.isfinite(pairs.lift)])
    limit = float(np.quantile(finite, SCALE_QUANTILE)) if finite.any() else 1.0
    heat = go.Heatmap(
        z=pairs.lift.astype(np.float32),
        customdata=_cell_texts(names, names, pairs.counts, "codes {} and {}: {:,} samples have both"),
        colorscale=_DIVERGING,
        zmin=-limit,
        zmax=limit,
        hoverongaps=False,
        hovertemplate="%{customdata}<br>%{z:+.2f} (log₂ of the lift)<extra></extra>",
        colorbar={"title": {"text": "log₂ lift", "side": "right"}, "thickness": 10, "outlinewidth": 0},
    )
    caption = "Orange: more often together than if codes were independent. Click a cell to select the samples with both codes."
    return _figure(heat, "Codes that occur together", names, names, caption, is_square=True)


def label_usage_figure(usage: LabelUsage) -> LinkedFigure:
    """Draw labels against codes: the share of the tokens of a label that have a code."""
    names = [str(code) for code in usage.codes]
    heat = go.Heatmap(
        z=100 * usage.shares.astype(np.float32),
        customdata=_cell_texts(
            [escape_html(label) for label in usage.labels], names, 100 * usage.shares, "{}, code {}: {:.1f} % of its tokens"
        ),
        colorscale=SCALE,
        hovertemplate="%{customdata}<extra></extra>",
        colorbar={"title": {"text": "% of tokens", "side": "right"}, "thickness": 10, "outlinewidth": 0},
    )
    labels = [escape_html(label) for label in usage.labels]
    caption = "Share of each label's tokens that have a code. Click a cell to select the label's samples with the code."
    return _figure(heat, "Codes by label", names, labels, caption, is_square=False)


def _cell_texts(rows: Sequence[str], columns: Sequence[str], values: np.ndarray, template: str) -> list[list[str]]:
    return [[template.format(row, column, values[i, j]) for j, column in enumerate(columns)] for i, row in enumerate(rows)]


def _figure(heat: go.Heatmap, title: str, columns: list[str], rows: list[str], caption: str, is_square: bool) -> LinkedFigure:
    figure = go.Figure(heat)
    figure.update_layout(
        title_text=title,
        xaxis=_axis(columns) | {"title": {"text": "code"}},
        yaxis=_axis(rows) | {"autorange": "reversed"} | ({"title": {"text": "code"}, "scaleanchor": "x"} if is_square else {}),
        dragmode=False,
        showlegend=False,
        uirevision=title,
    )
    return LinkedFigure(figure, (), hover=False, caption=caption)


def _axis(names: list[str]) -> dict[str, Any]:
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False, "constrain": "domain", "ticks": ""}
    if len(names) > MAX_TICKS:
        return axis | {"showticklabels": False}
    return axis | {
        "tickvals": list(range(len(names))),
        "ticktext": names,
        "tickfont": {"size": 10 if len(names) <= MAX_LARGE_TICKS else 8},
        "tickangle": 0,
    }
