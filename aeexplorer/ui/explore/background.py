"""What the page waits for besides the map itself: errands of the projection process, by what people call them."""

from collections.abc import Mapping

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background as projector


def await_errands(run: Run, awaited: Mapping[str, str]) -> None:
    """Ask for errands, say how they stand, and draw the page again when one is done.

    Parameters
    ----------
    run
        Of which run.
    awaited
        Title → errand, as in `aeexplorer.background.kinds`.
    """
    pending = []
    with st.container(horizontal=True):
        for title, what in awaited.items():
            standing = projector.ask(run.id, what)
            if standing.state == "failed":
                st.badge(escape(f"{title}: {standing.reason}"), icon=":material/info:", color="gray")
            else:
                st.badge(escape(f"{title}: being computed, once"), icon=":material/hourglass_empty:", color="gray")
                pending.append(what)
    if pending:
        _watch(run, pending)


@st.fragment(run_every=1.0)
def _watch(run: Run, pending: list[str]) -> None:
    if any(projector.ask(run.id, what).state in ("ready", "failed") for what in pending):
        st.rerun()
