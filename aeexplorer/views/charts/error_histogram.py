"""Histogram of the reconstruction errors of samples."""

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.runs.judgement import run_error_title
from aeexplorer.analysis.samples.errors import Histogram, histogram, outliers
from aeexplorer.analysis.sampling import sample_count_text, sample_ids
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, Marks
from aeexplorer.views.palette import colour_of


def error_histogram(bins: Histogram, ids: np.ndarray, caption: str = "", title: str = "Mean squared error") -> LinkedFigure:
    """Draw the histogram of the errors of samples `ids`, int32 ``(m,)``.

    The last bar also counts all larger errors. The title names the error of a sample.
    """
    centres = (bins.edges[:-1] + bins.edges[1:]) / 2
    ranges = [f"{low:.3g} to {high:.3g}" for low, high in zip(bins.edges[:-1], bins.edges[1:], strict=True)]
    ranges[-1] = f"{bins.edges[-2]:.3g} and more"
    bars = go.Bar(
        x=centres,
        y=bins.counts,
        name="samples",
        marker={"color": colour_of(0)},
        hovertext=ranges,
        hovertemplate="%{y} samples, error %{hovertext}<extra></extra>",
    )
    figure = go.Figure(bars)
    figure.update_layout(
        title_text="Reconstruction error",
        xaxis={"title": {"text": f"{title[:1].lower()}{title[1:]} of a sample"}},
        yaxis={"title": {"text": "samples"}},
        bargap=0.06,
        showlegend=False,
        uirevision="errors",
    )
    return LinkedFigure(figure, (Marks(0, ids.astype(np.int32), bins.groups),), caption=caption)


def run_error_histogram(run: Run, ids: np.ndarray | None = None) -> LinkedFigure:
    """Draw the histogram of some samples of a run, by default those of its map."""
    ids = sample_ids(run.dataset) if ids is None else ids
    errors = np.asarray(run.errors)
    n_outliers = len(outliers(errors, ids))
    caption = f"{sample_count_text(len(ids), run.dataset.n)} · median {np.median(errors[ids]):.4f} · {n_outliers:,} outliers"
    return error_histogram(histogram(errors[ids]), ids, caption, run_error_title(run))
