"""What a training shows of itself: curves, reconstructions and the latent space at the newest snapshot."""

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
from aeexplorer.views.charts import training_curves
from aeexplorer.views.films.training_film import film_tree
from aeexplorer.views.pictures.pictures import pictured, png, sized, tile

CURVES, MAP = 300, 460
SHOWN, SIDE = 10, 64
_SEEN = "train.seen"


def show_curves(run: Run) -> None:
    """Each loss by name, and the error with PCA's beside it."""
    events = (run.folder / "events.jsonl").stat().st_size if (run.folder / "events.jsonl").exists() else 0
    if not events or not run.history():
        st.skeleton(height=CURVES)
        return
    figure = _curves((run.id, events, run.finished), run)
    linked_chart(figure, key="train-curves", run=run.id, height=CURVES, selection=Selection(), page="train")


def show_map(run: Run, active: bool) -> None:
    """The watched samples: while the training goes on, where they lie now, moving there; afterwards, the whole film."""
    snapshots = run.snapshots()
    if not snapshots:
        st.skeleton(height=MAP)
        return
    st.markdown("**The latent space forming**")
    if active or not is_film_quick(run):
        film_player(_moving(run, snapshots[-1].name), key="train-film")
    else:
        film_player(_film((run.id, version_of(run.id), len(snapshots)), run), key="train-film")


def _moving(run: Run, newest: str) -> bytes:
    """The newest moment, laid over the one that this session saw before: made once for each snapshot."""
    before: tuple[str, str, np.ndarray, bytes] | None = state.get(_SEEN, None)
    if before is not None and before[:2] == (run.id, newest):
        return before[3]
    film = newest_film_frame(run)
    if before is not None and before[0] == run.id and len(before[2]) == len(film.ids):
        film = replace(film, positions=align_points(film.positions[0], before[2])[None])
    made = encode_film(film_tree(run, replace(film, outputs={}), offered_colourings(run)[0]), live=True, page="train")
    state.put({_SEEN: (run.id, newest, film.positions[0], made)})
    return made


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
            show_image(png(tile(rows, len(ids))), alt=f"Samples {', '.join(map(str, ids.tolist()))} above their reconstructions")
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
def _film(key: tuple[Any, ...], _run: Run) -> bytes:
    film = replace(training_film(_run), outputs={})  # the newest reconstructions stand beside it
    return encode_film(film_tree(_run, film, offered_colourings(_run)[0]), page="train")
