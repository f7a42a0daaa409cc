"""Distribution of the values of a column: a histogram of numbers, or bars of the most frequent texts."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.dataset import natural_order
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.maps.points import escape_html
from aeexplorer.views.palette import OTHER, colour_of

BINS = 30
"""Bins of a histogram."""
MAX_INTEGER_BARS = 24
"""Distinct values up to which each integer gets a bar."""
MAX_TEXT_BARS = 24
"""Number of texts with a bar of their own, the most frequent ones. All other texts share one bar."""
MAX_CHARACTERS = 22
"""Length of a text on the axis. Longer texts are cut off."""


def column_figure(name: str, values: pa.Array, ids: np.ndarray) -> LinkedFigure:
    """Draw the values ``(m,)`` of the samples `ids`, int32 ``(m,)``. Missing values are counted in the caption only."""
    if pa.types.is_string(values.type):
        titles, counts, groups, axis = _text_bars(values)
    else:
        titles, counts, groups, axis = _number_bars(values)
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(counts)),
            y=counts,
            name="samples",
            marker={"color": [OTHER if title is None else colour_of(0) for title in titles]},
            hovertext=[escape_html(title or "all others") for title in titles],
            hovertemplate="%{y} samples, %{hovertext}<extra></extra>",
        )
    )
    figure.update_layout(
        title_text=escape_html(name),
        xaxis={"title": {"text": escape_html(name)}, "range": [-0.5, len(counts) - 0.5], **axis},
        margin={"t": 8},
        yaxis={"title": {"text": "samples"}},
        bargap=0.06,
        showlegend=False,
        uirevision=f"column:{name}",
    )
    caption = f"{values.null_count:,} of {len(values):,} missing" if values.null_count else ""
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), groups),), hover=False, caption=caption)


Bars = tuple[list[str | None], np.ndarray, np.ndarray, dict[str, object]]
"""Title of each bar (None for all other values), its number of samples, the bar of each sample (−1 for none), the axis."""


def _text_bars(values: pa.Array) -> Bars:
    occurrences = pc.value_counts(values.drop_null())
    texts, counts = occurrences.field("values").to_pylist(), occurrences.field("counts").to_numpy()
    order = np.argsort(-counts, kind="stable")[:MAX_TEXT_BARS]
    most_frequent = sorted((texts[i] for i in order), key=natural_order)
    groups = (
        pc.index_in(values, pa.array(most_frequent, pa.string())).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    )
    titles: list[str | None] = list(most_frequent)
    if len(texts) > len(most_frequent):
        groups[(groups < 0) & values.is_valid().to_numpy(zero_copy_only=False)] = len(most_frequent)
        titles.append(None)
    return titles, np.bincount(groups[groups >= 0], minlength=len(titles)), groups, _title_axis(titles)


def _number_bars(values: pa.Array) -> Bars:
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    is_known = np.isfinite(numbers)
    distinct = np.unique(numbers[is_known])
    if len(distinct) <= MAX_INTEGER_BARS and pa.types.is_integer(values.type):
        groups = np.where(is_known, np.searchsorted(distinct, numbers), -1).astype(np.int32)
        titles: list[str | None] = [f"{value:,.0f}" for value in distinct]
        return titles, np.bincount(groups[groups >= 0], minlength=len(titles)), groups, _title_axis(titles)
    low, high = (float(distinct[0]), float(distinct[-1])) if len(distinct) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    groups = np.where(is_known, np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, BINS - 1), -1).astype(np.int32)
    ticks = np.linspace(0, BINS, 6)
    axis = {"tickvals": ticks - 0.5, "ticktext": [f"{value:.4g}" for value in np.interp(ticks, np.arange(BINS + 1), edges)]}
    ranges: list[str | None] = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges.tolist())]
    return ranges, np.bincount(groups[groups >= 0], minlength=BINS), groups, axis


def _title_axis(titles: list[str | None]) -> dict[str, object]:
    texts = ["others" if title is None else _shorten(title) for title in titles]
    return {"tickvals": list(range(len(titles))), "ticktext": list(map(escape_html, texts))}


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
