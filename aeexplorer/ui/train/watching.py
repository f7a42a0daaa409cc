"""What a training shows of itself: curves, reconstructions and the latent space at the newest snapshot."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.training.run import Run
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.linked import Selection, linked_chart
from aeexplorer.views import snapshot_map, training_curves
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.pictures import pictured, png, sized, tile

CURVES, MAP = 300, 460
SHOWN, SIDE = 10, 64


def show_curves(run: Run) -> None:
    """Each loss by name, and the error with PCA's beside it."""
    events = (run.folder / "events.jsonl").stat().st_size if (run.folder / "events.jsonl").exists() else 0
    if not events or not run.history():
        st.skeleton(height=CURVES)
        return
    figure = _curves((run.id, events, run.finished), run)
    linked_chart(figure, key="train-curves", run=run.id, height=CURVES, selection=Selection(), page="train")


def show_map(run: Run) -> None:
    """The watched samples where they lie now."""
    snapshots = run.snapshots()
    if not snapshots:
        st.skeleton(height=MAP)
        return
    figure = _map((run.id, snapshots[-1].name), run)
    linked_chart(figure, key="train-map", run=run.id, height=MAP, selection=Selection(), page="train")


def show_reconstructions(run: Run) -> None:
    """Some watched samples above what the model makes of them now."""
    snapshots = run.snapshots()
    if not snapshots:
        return
    arrays = run.snapshot(snapshots[-1])
    for name, field in run.dataset.fields.items():
        outputs = arrays[f"field.{name}"][:SHOWN]
        ids = arrays["ids"][: len(outputs)]
        inputs = np.asarray(field.array[ids])
        if is_pictured(field):
            both = pictured(field, inputs, ids), pictured(field, outputs)
            rows = np.concatenate([sized(pictures, SIDE) for pictures in both])
            st.image(png(tile(rows, len(ids))), alt=f"Samples {', '.join(map(str, ids.tolist()))} above their reconstructions")
            st.caption("Inputs above, reconstructions below")
        elif field.modality == "tabular":
            before, after = (text_rows(run, name, {name: rows})[0] for rows in (inputs, outputs))
            table = [(column, value, output) for (column, value), (_, output) in zip(before, after, strict=True)]
            st.dataframe(pd.DataFrame(table, columns=["column", "input", "reconstruction"]), hide_index=True, height=180)
        else:
            show_besides(field, {"Input": inputs, "Reconstruction": outputs}, ids)


@st.cache_resource(max_entries=16, show_spinner=False)
def _curves(key: tuple[Any, ...], _run: Run) -> LinkedFigure:
    return training_curves.VIEW.build(_run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _map(key: tuple[Any, ...], _run: Run) -> LinkedFigure:
    return snapshot_map.VIEW.build(_run)
