"""How the values of one column are spread: a histogram of numbers, a bar for each of the most frequent texts."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from aeexplorer.data.dataset import natural_order
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.maps.points import plain
from aeexplorer.views.palette import OTHER, colour_of

BINS = 30
FEW = 24
"""Whole numbers with no more distinct values than this get a bar each."""
BARS = 24
"""Texts that get a bar of their own, the most frequent ones; the rest share one."""
LONGEST = 22
"""Characters of a text on an axis."""


def column_figure(name: str, values: pa.Array, ids: np.ndarray) -> LinkedFigure:
    """Draw the values of samples `ids`, int32 ``(m,)``, row by row; missing ones are counted in the caption alone."""
    if pa.types.is_string(values.type):
        titles, counts, groups, spread = _texts(values)
    else:
        titles, counts, groups, spread = _numbers(values)
    figure = go.Figure(
        go.Bar(
            x=np.arange(len(counts)),
            y=counts,
            name="samples",
            marker={"color": [OTHER if title is None else colour_of(0) for title in titles]},
            hovertext=[plain(title or "all others") for title in titles],
            hovertemplate="%{y} samples, %{hovertext}<extra></extra>",
        )
    )
    figure.update_layout(
        title_text=plain(name),
        xaxis={"title": {"text": plain(name)}, "range": [-0.5, len(counts) - 0.5], **spread},
        margin={"t": 8},
        yaxis={"title": {"text": "samples"}},
        bargap=0.06,
        showlegend=False,
        uirevision=f"column:{name}",
    )
    caption = f"{values.null_count:,} of {len(values):,} missing" if values.null_count else ""
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), groups),), hover=False, caption=caption)


Drawn = tuple[list[str | None], np.ndarray, np.ndarray, dict[str, object]]
"""Words of each bar (None: all others), its samples, each sample's bar (−1: none), the axis."""


def _texts(values: pa.Array) -> Drawn:
    found = pc.value_counts(values.drop_null())
    names, counts = found.field("values").to_pylist(), found.field("counts").to_numpy()
    order = np.argsort(-counts, kind="stable")[:BARS]
    kept = sorted((names[i] for i in order), key=natural_order)
    places = pc.index_in(values, pa.array(kept, pa.string())).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    titles: list[str | None] = list(kept)
    if len(names) > len(kept):
        places[(places < 0) & values.is_valid().to_numpy(zero_copy_only=False)] = len(kept)
        titles.append(None)
    return titles, np.bincount(places[places >= 0], minlength=len(titles)), places, _named(titles)


def _numbers(values: pa.Array) -> Drawn:
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    known = np.isfinite(numbers)
    distinct = np.unique(numbers[known])
    if len(distinct) <= FEW and pa.types.is_integer(values.type):
        groups = np.where(known, np.searchsorted(distinct, numbers), -1).astype(np.int32)
        titles: list[str | None] = [f"{one:,.0f}" for one in distinct]
        return titles, np.bincount(groups[groups >= 0], minlength=len(titles)), groups, _named(titles)
    low, high = (float(distinct[0]), float(distinct[-1])) if len(distinct) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    groups = np.where(known, np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, BINS - 1), -1).astype(np.int32)
    ticks = np.linspace(0, BINS, 6)
    axis = {"tickvals": ticks - 0.5, "ticktext": [f"{one:.4g}" for one in np.interp(ticks, np.arange(BINS + 1), edges)]}
    ranges: list[str | None] = [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges.tolist())]
    return ranges, np.bincount(groups[groups >= 0], minlength=BINS), groups, axis


def _named(titles: list[str | None]) -> dict[str, object]:
    shown = ["others" if one is None else one if len(one) <= LONGEST else f"{one[: LONGEST - 1]}…" for one in titles]
    return {"tickvals": list(range(len(titles))), "ticktext": list(map(plain, shown))}
