"""New samples, drawn from a prior over the latents, each with the nearest training sample."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from aeexplorer.analysis.decoding import text_rows
from aeexplorer.analysis.generation import offered_priors, prior_of
from aeexplorer.analysis.generation.base import Prior
from aeexplorer.analysis.generation.drawing import Draws, cached_prior, draw
from aeexplorer.training.run import Run
from aeexplorer.ui.components.linked import ChartEvent
from aeexplorer.ui.displays import is_pictured, show_besides
from aeexplorer.ui.explore.panels.base import Panel
from aeexplorer.ui.explore.scene import Scene
from aeexplorer.ui.parts.images import show_image
from aeexplorer.ui.parts.widgets import escape, help_text
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState
from aeexplorer.ui.session.workspace import version_of
from aeexplorer.ui.shell import background
from aeexplorer.views.pictures.draws import draws_archive, draws_picture
from aeexplorer.views.pictures.pictures import png_bytes

COUNT, COLUMNS, SIDE = 20, 10, 50
"""Number of draws, pictures in a row, and side of a picture in pixels."""


def _prepare(scene: Scene, events: Mapping[str, ChartEvent]) -> None:
    offered = _offered(scene.run.id, version_of(scene.run.id), scene.run)
    if scene.state.prior not in offered:
        scene.change(prior=offered[0])


def _draw(scene: Scene) -> None:
    run = scene.run
    prior = _choose_prior(scene, _offered(run.id, version_of(run.id), run))
    temperature, seed = scene.state.temperature, scene.state.seed
    if not prior.quick and cached_prior(run, prior.name) is None:
        status = background.request(run.id, f"prior {prior.name}")
        if status.state == "failed":
            st.badge(escape(f"{prior.title}: {status.reason}"), icon=":material/info:", color="gray")
        else:
            st.badge(escape(f"{prior.title}: being fitted to the codes, once"), icon=":material/hourglass_empty:", color="gray")
            background.rerun_when_done(run.id, [f"prior {prior.name}"])
        return
    draws = _draws((run.id, version_of(run.id)), run, prior.name, temperature, seed)
    _show(run, draws)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{COUNT} draws, seed {seed} · nearest of {draws.compared:,} training samples · {prior.help}")
        st.download_button(
            "Download",
            partial(draws_archive, run, draws),
            f"{run.id}-{prior.name}-{seed}.zip",
            on_click="ignore",
            icon=":material/download:",
            type="tertiary",
            key="explore.draws",
        )


@st.cache_data(max_entries=64, show_spinner=False)
def _offered(run_id: str, version: str, _run: Run) -> list[str]:
    return [prior.name for prior in offered_priors(_run)]


def _choose_prior(scene: Scene, offered: list[str]) -> Prior:
    """Draw the choice of the prior, the temperature and the seed; return the prior."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        titles = {name: prior_of(name).title for name in offered}
        st.segmented_control(
            "Prior", offered, format_func=titles.__getitem__, required=True, **state.bound(ExploreState, "prior")
        )
        help_ = help_text(ExploreState.model_fields["temperature"], 1.0)
        st.slider("Temperature", 0.1, 1.5, step=0.05, width=130, help=help_, **state.bound(ExploreState, "temperature"))
        st.number_input("Seed", 0, 2**31 - 1, step=1, width=120, **state.bound(ExploreState, "seed"))
        st.button("Draw again", icon=":material/casino:", key="explore.redraw", on_click=_draw_again, args=(scene,))
    return prior_of(scene.state.prior)


def _draw_again(scene: Scene) -> None:
    """Draw other samples, with a random seed."""
    scene.change(seed=int(np.random.default_rng().integers(10_000)))


@st.cache_resource(max_entries=64, show_spinner=False)
def _draws(key: tuple[str, str], _run: Run, prior: str, temperature: float, seed: int) -> Draws:
    return draw(_run, prior, COUNT, temperature, seed)


def _show(run: Run, draws: Draws) -> None:
    """Draw the new samples with their nearest training samples."""
    nearest = ", ".join(map(str, draws.nearest.tolist()))
    for name, field in run.dataset.fields.items():
        if is_pictured(field):
            picture = draws_picture(run, draws, name, SIDE, COLUMNS)
            show_image(png_bytes(picture), alt=f"Draws above, the training samples {nearest} below", width="stretch")
            st.caption("Draws above, the training samples nearest to them below")
        else:
            rows = pd.DataFrame([dict(row) for row in text_rows(run, name, draws.samples)])
            nearest_rows = text_rows(run, name, {name: np.asarray(field.array[draws.nearest])})
            rows["nearest sample"] = draws.nearest
            rows["which is"] = [", ".join(text for _, text in row) for row in nearest_rows]
            st.dataframe(rows, hide_index=True, height=380)
        show_besides(field, {"Draw": draws.samples[name], "Nearest": np.asarray(field.array[draws.nearest])})


PANEL = Panel("generation", "Generation", "space", 16, frozenset({"results"}), _draw, prepare=_prepare)
