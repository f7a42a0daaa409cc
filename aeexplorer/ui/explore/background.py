"""What the page waits for besides the map itself: jobs of the projection process, by what people call them."""

from collections.abc import Mapping

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background


def await_jobs(run: Run, awaited: Mapping[str, str]) -> None:
    """Ask for jobs, say how they stand, and draw the page again when one is done.

    Parameters
    ----------
    run
        Of which run.
    awaited
        Title → job, as in `aeexplorer.background.kinds`.
    """
    pending = []
    with st.container(horizontal=True):
        for title, what in awaited.items():
            status = background.request(run.id, what)
            if status.state == "failed":
                st.badge(escape(f"{title}: {status.reason}"), icon=":material/info:", color="gray")
            else:
                st.badge(escape(f"{title}: being computed, once"), icon=":material/hourglass_empty:", color="gray")
                pending.append(what)
    if pending:
        _watch(run, pending)


@st.fragment(run_every=1.0)
def _watch(run: Run, pending: list[str]) -> None:
    if any(background.request(run.id, what).state in ("ready", "failed") for what in pending):
        st.rerun()
