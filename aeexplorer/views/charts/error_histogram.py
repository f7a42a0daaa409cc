"""How well samples are reconstructed: the histogram of their errors."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.samples.errors import Histogram, histogram, outliers
from aeexplorer.analysis.sampling import sample_ids, showing
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, Marks, View
from aeexplorer.views.palette import colour_of


def error_histogram(found: Histogram, ids: np.ndarray, caption: str = "", texts: bool = False) -> LinkedFigure:
    """Draw the histogram of the errors of samples `ids`, int32 ``(m,)``; the last bar holds everything beyond it too.

    The error of `texts` is that of their tokens' probabilities.
    """
    of_what = "the token probabilities of a sample" if texts else "a sample"
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    ranges = [f"{low:.3g} to {high:.3g}" for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)]
    ranges[-1] = f"{found.edges[-2]:.3g} and more"
    bars = go.Bar(
        x=middles,
        y=found.counts,
        name="samples",
        marker={"color": colour_of(0)},
        hovertext=ranges,
        hovertemplate="%{y} samples, error %{hovertext}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(
        title_text="Reconstruction error",
        xaxis={"title": {"text": f"mean squared error of {of_what}"}},
        yaxis={"title": {"text": "samples"}},
        bargap=0.06,
        showlegend=False,
        uirevision="errors",
    )
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), found.groups),), caption=caption)


def build(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """The histogram of some samples of a run, by default those a map shows."""
    ids = sample_ids(run.dataset) if ids is None else ids
    errors = np.asarray(run.errors)
    high = outliers(errors, ids)
    caption = f"{showing(len(ids), run.dataset.n)} · median {np.median(errors[ids]):.4f} · {len(high):,} stand out"
    return error_histogram(histogram(errors[ids]), ids, caption, run.dataset.of_texts)


VIEW = View(
    name="error_histogram",
    title="Reconstruction error",
    help="How many samples are reconstructed how well. The last bar also holds everything worse.",
    needs=frozenset({"results"}),
    build=build,
)
