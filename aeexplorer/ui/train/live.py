"""A run while it is trained, and when it has ended: progress, curves, reconstructions, the latent space forming."""

import streamlit as st

from aeexplorer.jobs import Status, cancel, pause, resume, status
from aeexplorer.training.run import Run
from aeexplorer.ui.parts.errors import show_errors
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.session import state
from aeexplorer.ui.session.page_states import ExploreState, TrainState
from aeexplorer.ui.session.workspace import run_of, workspace
from aeexplorer.ui.train.results import show_results
from aeexplorer.ui.train.times import duration
from aeexplorer.ui.train.watching import show_curves, show_map, show_reconstructions

EVERY = 1.0
"""Seconds between two looks at a run that goes on."""

COLOURS = {"running": "green", "queued": "gray", "finished": "blue", "failed": "red"} | dict.fromkeys(
    ("paused", "interrupted"), "orange"
)


def show_run(page_state: TrainState) -> None:
    """Watch the run, looking again every second for as long as it goes on."""
    run = run_of(page_state.run)
    now = status(run)
    st.fragment(_watch, run_every=EVERY if now.active else None)(page_state, now.active)


@show_errors()
def _watch(page_state: TrainState, was_active: bool) -> None:
    run = run_of(page_state.run)
    now = status(run)
    if was_active and not now.active:
        st.rerun()
    _head(page_state, run, now)
    _progress(now)
    if now.state == "failed":
        st.error(escape(now.message), icon=":material/error:")
    if run.finished:
        show_results(run)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_curves(run)
        show_reconstructions(run)
    with right:
        show_map(run, now.active)


def _head(page_state: TrainState, run: Run, now: Status) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(run.name), width="content")
        st.badge(now.state, color=COLOURS.get(now.state, "gray"))
        st.space("stretch")
        if run.finished and st.button("Explore this run", type="primary", icon=":material/bubble_chart:", key="train.explore"):
            state.visit(ExploreState, run=run.id)
        if now.active:
            st.button("Pause", icon=":material/pause:", on_click=pause, args=(run,), key="train.pause")
        if now.state in ("new", "paused", "interrupted", "cancelled", "failed"):
            word = "Start" if now.state == "new" else "Resume"
            if st.button(word, icon=":material/play_arrow:", key="train.resume"):
                resume(workspace(), run)
                st.rerun()
        if now.state in ("queued", "running", "paused", "interrupted"):
            st.button("Cancel", icon=":material/stop:", on_click=cancel, args=(workspace(), run), key="train.cancel")
        if st.button("New run", icon=":material/add:", key="train.new"):
            state.update(page_state, run="", dataset=run.config.dataset, preset=run.record["preset"])
            st.rerun()


def _progress(now: Status) -> None:
    if now.state == "finished":
        return
    share = now.step / now.steps if now.steps else 0.0
    words = [now.message.rstrip(".")]
    if now.steps:
        words.append(f"step {now.step:,} of {now.steps:,}")
    if now.state == "running" and now.seconds_left is not None:
        words.append(f"{duration(now.seconds_left)} left")
    if now.samples_per_second:
        words.append(f"{now.samples_per_second:,.0f} samples/s")
    if now.device:
        words.append(now.device)
    st.progress(min(share, 1.0), escape(" · ".join(words)))
