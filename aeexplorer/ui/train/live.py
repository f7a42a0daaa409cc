"""A run, in training or ended: its progress, curves, reconstructions and the latent space as it forms."""

import streamlit as st

from aeexplorer.jobs import Status, cancel, pause, resume, status
from aeexplorer.jobs.status import divergence
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.gone import show_gone
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, TrainState
from aeexplorer.ui.session.workspace import is_run, run_of, workspace
from aeexplorer.ui.train.again import train_again_button
from aeexplorer.ui.train.results import show_results
from aeexplorer.ui.train.times import format_duration
from aeexplorer.ui.train.watching import show_curves, show_map, show_reconstructions

REFRESH_SECONDS = 1.0
"""Time between two updates of an active run."""

STATE_COLOURS = {"running": "green", "queued": "gray", "finished": "blue", "failed": "red"} | dict.fromkeys(
    ("paused", "interrupted"), "orange"
)


def show_run(page_state: TrainState) -> None:
    """Draw the run, and draw it again every second while it is active."""
    if not is_run(page_state.run):
        show_gone("run", "New run", _leave)
        return
    current = status(run_of(page_state.run))
    st.fragment(_watch, run_every=REFRESH_SECONDS if current.active else None)(page_state, current.active)


def _leave() -> None:
    state.update(TrainState())


@show_errors()
def _watch(page_state: TrainState, was_active: bool) -> None:
    if not is_run(page_state.run):
        st.rerun()  # it was removed while this page showed it
    run = run_of(page_state.run)
    current = status(run)
    if was_active and not current.active:
        st.rerun()
    _draw_head(page_state, run, current)
    _draw_progress(current)
    if current.state == "failed":
        st.error(escape(current.message), icon=":material/error:")
    if diverged := divergence(run.folder):
        rate = diverged.lower_rate or run.config.training.learning_rate / 10
        label = f"Train again with a learning rate of {rate:.1g}"
        train_again_button(run, {"training.learning_rate": rate}, label, key="train.lower_rate")
    if run.finished:
        show_results(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_curves(run)
        show_reconstructions(run)
    with right:
        show_map(run, current.active)


def _draw_head(page_state: TrainState, run: Run, current: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(run.name), width="content")
        st.badge(current.state, color=STATE_COLOURS.get(current.state, "gray"))
        st.space("stretch")
        if run.finished and st.button("Explore this run", type="primary", icon=":material/bubble_chart:", key="train.explore"):
            state.visit(ExploreState, run=run.id)
        if current.active:
            st.button("Pause", icon=":material/pause:", on_click=pause, args=(run,), key="train.pause")
        if current.state in ("new", "paused", "interrupted", "cancelled", "failed") and not current.diverged:
            label = "Start" if current.state == "new" else "Resume"
            if st.button(label, icon=":material/play_arrow:", key="train.resume"):
                resume(workspace(), run)
                st.rerun()
        if current.state in ("queued", "running", "paused", "interrupted"):
            st.button("Cancel", icon=":material/stop:", on_click=cancel, args=(workspace(), run), key="train.cancel")
        if st.button("New run", icon=":material/add:", key="train.new"):
            state.update(page_state, run="", dataset=run.config.dataset, preset=run.record["preset"])
            st.rerun()


def _draw_progress(current: Status) -> None:
    if current.state == "finished":
        return
    share = current.step / current.steps if current.steps else 0.0
    parts = [current.message.rstrip(".")]
    if current.steps:
        parts.append(f"step {current.step:,} of {current.steps:,}")
    if current.state == "running" and current.seconds_left is not None:
        parts.append(f"{format_duration(current.seconds_left)} left")
    if current.samples_per_second:
        parts.append(f"{current.samples_per_second:,.0f} samples/s")
    if current.device:
        parts.append(current.device)
    st.progress(min(share, 1.0), escape(" · ".join(parts)))
