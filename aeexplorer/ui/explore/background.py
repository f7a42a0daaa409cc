"""Background jobs, other than the map itself, whose results the page needs."""

from collections.abc import Mapping

import streamlit as st

from aeexplorer.training.run import Run
from aeexplorer.ui.parts.widgets import escape
from aeexplorer.ui.shell import background


def await_jobs(run: Run, jobs: Mapping[str, str]) -> None:
    """Request background jobs, show their status, and rerun the page when one of them is done.

    Parameters
    ----------
    run
        Run for which the jobs are done.
    jobs
        Names of the jobs by their titles on the page; see `aeexplorer.background.kinds`.
    """
    pending = []
    with st.container(horizontal=True):
        for title, job in jobs.items():
            status = background.request(run.id, job)
            if status.state == "failed":
                st.badge(escape(f"{title}: {status.reason}"), icon=":material/info:", color="gray")
            else:
                st.badge(escape(f"{title}: being computed, once"), icon=":material/hourglass_empty:", color="gray")
                pending.append(job)
    if pending:
        background.rerun_when_done(run.id, pending)
