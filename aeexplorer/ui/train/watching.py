"""Figures of a training: its curves, and its reconstructions and latent space at the newest snapshot."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.runs.snapshots import align_points, is_film_quick, newest_film_frame, training_film
from aeexplorer.analysis.samples.colouring import offered_colourings
from aeexplorer.training.run import Run
from aeexplorer.ui.components.films import encode_film, film_player
from aeexplorer.ui.components.linked import linked_chart
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.session import state
from aeexplorer.ui.session.selection import Selection
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.views.base import LinkedFigure
from aeexplorer.views.charts.training_curves import run_training_curves
from aeexplorer.views.films.training_film import film_tree
from aeexplorer.views.pictures.pictures import field_pictures, png_bytes, resize_pictures, tile

CURVES_HEIGHT, MAP_HEIGHT = 300, 460
MAX_SAMPLES, SIDE = 10, 64
"""Samples with reconstructions, and the longer side of their pictures in pixels."""
_LAST_FRAME = "train.seen"


def show_curves(run: Run) -> None:
    """Draw the curve of each loss and of the error, with the error of PCA."""
    events = (run.folder / "events.jsonl").stat().st_size if (run.folder / "events.jsonl").exists() else 0
    if not events or not run.history():
        st.skeleton(height=CURVES_HEIGHT)
        return
    figure = _curves((run.id, events, run.finished), run)
    linked_chart(figure, key="train-curves", run=run.id, height=CURVES_HEIGHT, selection=Selection(), page="train")


def show_map(run: Run, is_active: bool) -> None:
    """Draw the map of the watched samples: the newest snapshot while the run is active, the whole film afterwards."""
    snapshots = run.snapshots()
    if not snapshots:
        st.skeleton(height=MAP_HEIGHT)
        return
    st.markdown("**The latent space forming**")
    if is_active or not is_film_quick(run):
        film_player(_newest_frame(run, snapshots[-1].name), key="train-film")
    else:
        film_player(_film((run.id, version_of(run.id), len(snapshots)), run), key="train-film")


def _newest_frame(run: Run, snapshot: str) -> bytes:
    """Return the newest snapshot as a film of one frame, aligned to the frame that this session saw last.

    The frame is computed once for each snapshot.
    """
    last: tuple[str, str, np.ndarray, bytes] | None = state.get(_LAST_FRAME, None)
    if last is not None and last[:2] == (run.id, snapshot):
        return last[3]
    film = newest_film_frame(run)
    if last is not None and last[0] == run.id and len(last[2]) == len(film.ids):
        film = replace(film, positions=align_points(film.positions[0], last[2])[None])
    encoded = encode_film(film_tree(run, replace(film, outputs={}), offered_colourings(run)[0]), live=True, page="train")
    state.put({_LAST_FRAME: (run.id, snapshot, film.positions[0], encoded)})
    return encoded


def show_reconstructions(run: Run) -> None:
    """Draw some of the watched samples and their reconstructions at the newest snapshot."""
    snapshots = run.snapshots()
    if not snapshots:
        return
    arrays = run.snapshot(snapshots[-1])
    for name, field in run.dataset.fields.items():
        outputs = arrays[f"field.{name}"][:MAX_SAMPLES]
        ids = arrays["ids"][: len(outputs)]
        inputs = np.asarray(field.array[ids])
        if is_pictured(field):
            rows = field_pictures(field, inputs, ids), field_pictures(field, outputs)
            pictures = np.concatenate([resize_pictures(row, SIDE) for row in rows])
            show_image(
                png_bytes(tile(pictures, len(ids))),
                alt=f"Samples {', '.join(map(str, ids.tolist()))} above their reconstructions",
            )
            st.caption("Top row: inputs. Bottom row: reconstructions.")
        elif field.modality == "tabular":
            input_row, output_row = (text_rows(run, name, {name: samples})[0] for samples in (inputs, outputs))
            table = [(column, value, output) for (column, value), (_, output) in zip(input_row, output_row, strict=True)]
            st.dataframe(pd.DataFrame(table, columns=["column", "input", "reconstruction"]), hide_index=True, height=180)
        else:
            show_besides(field, {"Input": inputs, "Reconstruction": outputs}, ids)


@st.cache_resource(max_entries=16, show_spinner=False)
def _curves(key: tuple[Any, ...], _run: Run) -> LinkedFigure:
    return run_training_curves(_run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _film(key: tuple[Any, ...], _run: Run) -> bytes:
    film = replace(training_film(_run), outputs={})  # the newest reconstructions are drawn beside the film
    return encode_film(film_tree(_run, film, offered_colourings(_run)[0]), page="train")
