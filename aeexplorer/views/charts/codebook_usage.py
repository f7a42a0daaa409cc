"""Bars of how often each code of the codebook is used."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.codes.codebook import Usage, codes_of, split_usage, usage
from aeexplorer.analysis.sampling import sample_count_text, sample_ids
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.palette import OTHER, colour_of

MAX_BARS = 1_024
"""Number of codes that are drawn, the most used ones."""


def codebook_usage(counted: Usage, codes: np.ndarray, ids: np.ndarray, dead: np.ndarray, caption: str = "") -> LinkedFigure:
    """Draw a bar for each code, the most used code first. Bar i is the code ``counted.order[i]``.

    Parameters
    ----------
    counted
        Usage of the codes by the samples `ids`.
    codes, ids
        Codes of the samples, int32 ``(m, T)``, and their ids, ``(m,)``.
    dead
        Codes that no sample of the whole dataset uses. They are marked on the axis.
    caption
        Text below the chart.
    """
    order = counted.order[:MAX_BARS]
    bar_of = np.full(len(counted.counts), -1, np.int32)
    bar_of[order] = np.arange(len(order))
    bars = go.Bar(
        x=np.arange(len(order)),
        y=counted.counts[order],
        name="used",
        marker={"color": colour_of(2)},
        hovertext=[f"code {code}" for code in order],
        hovertemplate="%{hovertext}: %{y} times<extra></extra>",
    )
    dead_bars = bar_of[dead]
    dead_bars = dead_bars[dead_bars >= 0]
    crosses = go.Scatter(
        x=dead_bars,
        y=np.zeros(len(dead_bars)),
        name="never used",
        mode="markers",
        marker={"color": OTHER, "symbol": "x-thin", "size": 6, "line": {"color": OTHER, "width": 1.5}},
        hovertext=[f"code {code}" for code in order[dead_bars]],
        hovertemplate="%{hovertext} is never used<extra></extra>",
    )
    figure = go.Figure([bars, crosses] if len(dead_bars) else [bars])
    figure.update_layout(
        title_text="Codebook usage",
        xaxis={"title": {"text": "codes, most used first"}, "showticklabels": False},
        yaxis={"title": {"text": "times used"}},
        bargap=0.1 if len(order) <= 128 else 0,
        showlegend=bool(len(dead_bars)),
        uirevision="codebook",
    )
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), bar_of[codes]),), caption=caption)


def run_codebook_usage(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """Draw the usage of the codes by some samples of a run, by default those of its map.

    The caption has the perplexity over a whole split, the test split if there is one.
    """
    ids = sample_ids(run.dataset) if ids is None else ids
    split = next(name for name in reversed(SPLITS) if len(run.dataset.ids(name)))
    dead = usage(run).dead
    perplexity, size = split_usage(run, split).perplexity, len(usage(run).counts)
    caption = (
        f"{sample_count_text(len(ids), run.dataset.n)} · perplexity {perplexity:.1f} of {size:,} over the {split} split"
        f" · {f'{len(dead):,} never used' if len(dead) else 'every code is used'}"
    )
    if size > MAX_BARS:
        caption += f" · the {MAX_BARS:,} most used codes of {size:,}"
    return codebook_usage(usage(run, ids), codes_of(run)[ids], ids, dead, caption)
