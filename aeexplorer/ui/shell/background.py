"""Requests of the pages to the background processes of this server: maps, metrics, priors and other results."""

from collections.abc import Sequence

import streamlit as st

from aeexplorer.background.process import BackgroundProcess, JobStatus
from aeexplorer.core.errors import UserError

_NO_PROCESS = JobStatus("failed", "no background process is running; start the server with `aeexplorer`")

_processes: list[BackgroundProcess] = []
"""The process for maps and the process for all other jobs; empty if none runs."""


def connect(maps: BackgroundProcess | None, others: BackgroundProcess | None = None) -> None:
    """Set the background processes that the pages use.

    Parameters
    ----------
    maps
        Process that computes maps. None disconnects the pages from all processes.
    others
        Process for all other jobs. None sends these jobs to `maps` too.
    """
    _processes[:] = [maps, others or maps] if maps else []


def request(run_id: str, job: str, dims: int = 0) -> JobStatus:
    """Return the status of a background job. The job is requested first if nobody has requested it yet.

    Parameters
    ----------
    run_id
        Id of the run.
    job
        Name of the job; see `aeexplorer.background.kinds`.
    dims
        Number of dimensions of a map; 0 for all other jobs.
    """
    if not _processes:
        return _NO_PROCESS
    process = _processes[0 if dims else 1]
    status = process.status(run_id, job, dims)
    if status.state == "absent":
        process.request(run_id, job, dims)
        return JobStatus("waiting")
    return status


@st.fragment(run_every=1.0)
def rerun_when_done(run_id: str, jobs: Sequence[str], dims: int = 0) -> None:
    """Check every second whether one of the requested jobs is done or has failed, or the run is gone, and rerun the page then."""
    try:
        is_done = any(request(run_id, job, dims).state in ("ready", "failed") for job in jobs)
    except UserError:
        is_done = True  # the page says that the run is gone
    if is_done:
        st.rerun()
