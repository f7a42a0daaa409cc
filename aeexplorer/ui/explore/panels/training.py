"""A film of the training: the latents at each snapshot, played in the browser."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from aeexplorer.analysis.runs.snapshots import FILM_METHOD, TrainingFilm, is_film_quick, training_film
from aeexplorer.training.run import Run
from aeexplorer.ui.components.films import encode_film, film_player, take_film_step
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background
from aeexplorer.views.films.training_film import film_tree
from aeexplorer.views.films.training_gif import training_gif

_JOB = f"film {FILM_METHOD}"
_PLAYER = "explore-film"


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    step = take_film_step(_PLAYER)
    if step is not None:
        scene.change(moment=step)


def _draw(scene: Scene) -> None:
    run = scene.run
    if not is_film_quick(run):
        status = background.request(run.id, _JOB)
        if status.state == "failed":
            st.badge(escape(f"Training: {status.reason}"), icon=":material/info:", color="gray")
        else:
            st.badge("The snapshots are being aligned, once", icon=":material/hourglass_empty:", color="gray")
            background.rerun_when_done(run.id, [_JOB])
        return
    key = (run.id, version_of(run.id))
    film = _film(key, run)
    film_player(_payload((*key, scene.state.colour), run, film, scene.state.colour), key=_PLAYER)
    st.download_button(
        "Download as GIF",
        partial(training_gif, run, film, scene.state.colour),
        f"{run.id}-training.gif",
        on_click="ignore",
        icon=":material/gif_box:",
        type="tertiary",
        key="explore.gif",
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _film(key: tuple[str, str], _run: Run) -> TrainingFilm:
    return training_film(_run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _payload(key: tuple[str, ...], _run: Run, _film: TrainingFilm, colour: str) -> bytes:
    return encode_film(film_tree(_run, _film, colour))


PANEL = Panel("training", "Training", "model", 14, frozenset({"results", "snapshots"}), _draw, prepare=_prepare)
