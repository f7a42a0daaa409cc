"""How often each entry of the codebook is used."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.codes.codebook import Usage, codes_of, split_usage, usage
from aeexplorer.analysis.sampling import sample_ids, showing
from aeexplorer.data.split import SPLITS
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, Marks, View
from aeexplorer.views.palette import OTHER, colour_of

BARS = 1_024
"""Most entries drawn: the most used ones."""


def codebook_usage(shown: Usage, codes: np.ndarray, ids: np.ndarray, dead: np.ndarray, caption: str = "") -> LinkedFigure:
    """Draw one bar an entry, the most used first; bar i is the entry ``shown.order[i]``.

    Parameters
    ----------
    shown
        Usage over the samples `ids`.
    codes, ids
        int32 ``(m, T)`` and ``(m,)``.
    dead
        Entries that no sample of the whole dataset uses; they are marked on the axis.
    """
    order = shown.order[:BARS]
    place = np.full(len(shown.counts), -1, np.int32)
    place[order] = np.arange(len(order))
    bars = go.Bar(
        x=np.arange(len(order)),
        y=shown.counts[order],
        name="used",
        marker={"color": colour_of(2)},
        hovertext=[f"code {code}" for code in order],
        hovertemplate="%{hovertext}: %{y} times<extra></extra>",
    )
    gone = place[dead]
    gone = gone[gone >= 0]
    crosses = go.Scatter(
        x=gone,
        y=np.zeros(len(gone)),
        name="never used",
        mode="markers",
        marker={"color": OTHER, "symbol": "x-thin", "size": 6, "line": {"color": OTHER, "width": 1.5}},
        hovertext=[f"code {code}" for code in order[gone]],
        hovertemplate="%{hovertext} is never used<extra></extra>",
    )
    figure = go.Figure([bars, crosses] if len(gone) else [bars])
    figure.update_layout(
        title_text="Codebook usage",
        xaxis={"title": {"text": "codes, most used first"}, "showticklabels": False},
        yaxis={"title": {"text": "times used"}},
        bargap=0.1 if len(order) <= 128 else 0,
        showlegend=bool(len(gone)),
        uirevision="codebook",
    )
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), place[codes]),), caption=caption)


def build(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """The usage by some samples of a run, by default those a map shows; the perplexity is that of a whole split."""
    ids = sample_ids(run.dataset) if ids is None else ids
    split = next(name for name in reversed(SPLITS) if len(run.dataset.ids(name)))
    dead = usage(run).dead
    figures = split_usage(run, split)
    size = len(figures.counts)
    caption = (
        f"{showing(len(ids), run.dataset.n)} · perplexity {figures.perplexity:.1f} of {size:,} over the {split} split"
        f" · {f'{len(dead):,} never used' if len(dead) else 'every code is used'}"
    )
    if size > BARS:
        caption += f" · the {BARS:,} most used codes of {size:,}"
    return codebook_usage(usage(run, ids), codes_of(run)[ids], ids, dead, caption)


VIEW = View(
    name="codebook_usage",
    title="Codebook usage",
    help="How often each code is used, the most used first. Click a bar to find the samples that use the code.",
    needs=frozenset({"results", "codebook"}),
    build=build,
)
