"""The latent space while it forms: the watched samples at one moment of the training."""

from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from aeexplorer.analysis.maps.projections import method_of
from aeexplorer.analysis.samples.colouring import Colouring, colouring, colourings
from aeexplorer.training.run import Run
from aeexplorer.views.base import LinkedFigure, View
from aeexplorer.views.maps.latent_map import label_texts
from aeexplorer.views.maps.points import point_traces


def positions_of(latents: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Where latents ``(m, d)`` lie: as they are in two dimensions, else on the plane of PCA of the newest ones.

    One plane for all moments, so that what moves is the samples and not the plane.
    """
    if latents.shape[1] == 2:
        return latents.astype(np.float32)
    plane = method_of("pca").project(last, 2, 0).plane
    assert plane is not None
    return ((latents - plane[0]) @ plane[1:].T).astype(np.float32)


def snapshot_map(
    positions: np.ndarray, ids: np.ndarray, colours: Colouring, text: list[str] | None = None, caption: str = ""
) -> LinkedFigure:
    """Draw the watched samples ``(m, 2)``, coloured by `colours`; hovering says their `text`."""
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


def build(run: Run, ids: np.ndarray | None = None, path: Path | None = None) -> LinkedFigure:
    """A snapshot of a run.

    Parameters
    ----------
    run
        With snapshots.
    ids
        Only these of the watched samples; all where not given.
    path
        Which of `run.snapshots()`; the newest where not given.
    """
    newest = run.snapshots()[-1]
    last = run.snapshot(newest)
    shown = last if path in (None, newest) else run.snapshot(path or newest)
    positions = positions_of(shown["latents"], last["latents"])
    rows = np.arange(len(positions)) if ids is None else np.flatnonzero(np.isin(shown["ids"], ids))
    kept = shown["ids"][rows].astype(np.int32)
    colours = colouring(run, colourings(run)[0], kept)
    way = "the latents themselves" if shown["latents"].shape[1] == 2 else "PCA"
    caption = f"step {int((path or newest).stem):,} · {len(kept):,} samples · {way}"
    return snapshot_map(positions[rows], kept, colours, label_texts(run, kept), caption)


VIEW = View(
    name="snapshot_map",
    title="The latent space forming",
    help="Where the watched samples lay at a moment of the training.",
    needs=frozenset({"snapshots"}),
    build=build,
)
