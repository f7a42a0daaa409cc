"""The projection processes of this server, for the pages: the server hands them over, pages ask for maps, metrics and priors."""

from aeexplorer.background.process import BackgroundProcess, JobStatus

_ABSENT = JobStatus("failed", "no projection process runs beside this server; start it with `aeexplorer`")

_running: list[BackgroundProcess] = []


def connect(projector: BackgroundProcess | None, errands: BackgroundProcess | None = None) -> None:
    """Let the pages use this one from now on, or none; and another for all that is no map, where there is one."""
    _running[:] = [projector, errands or projector] if projector else []


def request(run_id: str, what: str, dims: int = 0) -> JobStatus:
    """How something stands; what nobody has asked for yet is asked for.

    `what` is as in `aeexplorer.background.kinds`; only maps have `dims`.
    """
    if not _running:
        return _ABSENT
    chosen = _running[0 if dims else 1]
    status = chosen.state(run_id, what, dims)
    if status.state == "absent":
        chosen.request(run_id, what, dims)
        return JobStatus("waiting")
    return status
