"""Map of the latent space while it forms: the watched samples at one snapshot of the training."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.samples.colouring import Colouring, colouring, offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.points import point_traces


def snapshot_positions(latents: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the positions float32 ``(m, 2)`` of latents ``(m, d)`` on the map.

    Two-dimensional latents are their own positions. Other latents are projected onto the first two principal components of
    the latents `last` of the newest snapshot. All snapshots share this plane, so that only the samples move.
    """
    if latents.shape[1] == 2:
        return latents.astype(np.float32)
    plane = method_of("pca").project(last, 2, 0).plane
    assert plane is not None
    return ((latents - plane[0]) @ plane[1:].T).astype(np.float32)


def snapshot_map(
    positions: np.ndarray, ids: np.ndarray, colours: Colouring, text: list[str] | None = None, caption: str = ""
) -> LinkedFigure:
    """Draw the watched samples at positions ``(m, 2)``. Hovering over a point shows its text."""
    traces, marks = point_traces(positions, ids, colours, text)
    figure = go.Figure(traces)
    figure.update_layout(
        title_text="The latent space forming",
        yaxis_scaleanchor="x",
        dragmode="lasso",
        showlegend=colours.categories is not None,
        xaxis={"showticklabels": False, "zeroline": False},
        yaxis={"showticklabels": False, "zeroline": False},
    )
    return LinkedFigure(figure, tuple(marks), hover=False, caption=caption)


def run_snapshot_map(run: Run, ids: np.ndarray | None = None, path: Path | None = None) -> LinkedFigure:
    """Draw a snapshot of a run.

    Parameters
    ----------
    run
        Run with snapshots.
    ids
        Samples to draw, of those that are watched. Without ids, all of them.
    path
        One of `run.snapshots()`, by default the newest.
    """
    newest = run.snapshots()[-1]
    last = run.snapshot(newest)
    snapshot = last if path in (None, newest) else run.snapshot(path or newest)
    positions = snapshot_positions(snapshot["latents"], last["latents"])
    rows = np.arange(len(positions)) if ids is None else np.flatnonzero(np.isin(snapshot["ids"], ids))
    drawn = snapshot["ids"][rows].astype(np.int32)
    colours = colouring(run, offered_colourings(run)[0], drawn)
    projection = "the latents themselves" if snapshot["latents"].shape[1] == 2 else "PCA"
    caption = f"step {int((path or newest).stem):,} · {len(drawn):,} samples · {projection}"
    return snapshot_map(positions[rows], drawn, colours, label_texts(run, drawn), caption)
